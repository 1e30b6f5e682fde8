#!/usr/bin/env bash
# opencv-python-headless 4.10.0.84 (pinned by kohya-ss/sd-scripts) and 5.0.0.93.
# INTER_NEAREST_EXACT takes other pixels since 5.0 wherever two are equally near: a mask that is
# resized by it trains other cells.
# Seen, 16 pixels to 3: 2 7 13 by 4.10, 2 8 13 by 5.0; of 1024 to 768, 157 or more differ.
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/taken.py" <<'PY'
import sys

import cv2
import numpy as np


def taken(length: int, target: int) -> list[int]:
    row = np.repeat(np.arange(length, dtype=np.float32)[None], 2, 0)
    return cv2.resize(row, (target, 2), interpolation=cv2.INTER_NEAREST_EXACT)[0].astype(int).tolist()


print(*taken(16, 3))
np.savetxt(sys.argv[1], taken(1024, 768), "%d")
PY
for release in 4.10.0.84 5.0.0.93; do
    python3 -m venv "$work/$release"
    "$work/$release/bin/pip" install -q "opencv-python-headless==$release"
    "$work/$release/bin/python" "$work/taken.py" "$work/$release.txt" | tee "$work/$release.short"
done
differing=$(paste "$work/4.10.0.84.txt" "$work/5.0.0.93.txt" | awk '$1 != $2' | wc -l)
echo "of 1024 to 768 differ: $differing"
[ "$(cat "$work/4.10.0.84.short")" = "2 7 13" ]
[ "$(cat "$work/5.0.0.93.short")" = "2 8 13" ]
[ "$differing" -ge 157 ]
