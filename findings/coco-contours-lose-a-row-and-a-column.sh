#!/usr/bin/env bash
# pycocotools 2.0.11, opencv-python-headless 4.12.0.88.
# A contour that OpenCV traces runs through the centres of the outermost pixels; read back as a COCO
# polygon, whose corners lie between pixels, the shape loses its last row and its last column, and a
# line of one pixel is lost as a whole.
# Seen: 10 x 6 px: 60 -> 45; a line of 10 px: 10 -> 0.
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pycocotools==2.0.11 opencv-python-headless==4.12.0.88
"$work/venv/bin/python" - <<'PY'
import cv2
import numpy as np
from pycocotools import mask as coco


def round_trip(shape: np.ndarray) -> int:
    contours, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    polygons = [each.reshape(-1).astype(float).tolist() for each in contours]
    polygons = [each if len(each) > 4 else each + each[:2] for each in polygons]
    return int(coco.decode(coco.merge(coco.frPyObjects(polygons, *shape.shape))).sum())


body, line = np.zeros((20, 20), np.uint8), np.zeros((20, 20), np.uint8)
body[4:10, 5:15] = 1
line[8, 5:15] = 1
print("body", int(body.sum()), "->", round_trip(body), "line", int(line.sum()), "->", round_trip(line))
assert (round_trip(body), round_trip(line)) == (45, 0)
PY
