#!/usr/bin/env bash
# pycocotools 2.0.11.
# encode() takes a mask for runs of 0 and 1 and begins a new run wherever the value changes: a mask
# with soft edges comes back with its greys taken alternately for ground and figure, without a word.
# Seen: the ramp 0 64 128 192 255 255 192 128 64 0 comes back as 0 1 0 1 0 0 1 0 1 0.
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pycocotools==2.0.11
"$work/venv/bin/python" - <<'PY'
import numpy as np
from pycocotools import mask as coco

ramp = np.array([[0, 64, 128, 192, 255, 255, 192, 128, 64, 0]], np.uint8).T
back = coco.decode(coco.encode(np.asfortranarray(ramp)))[:, 0].tolist()
print(back)
assert back == [0, 1, 0, 1, 0, 0, 1, 0, 1, 0]
PY
