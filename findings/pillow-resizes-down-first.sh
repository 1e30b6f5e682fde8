#!/usr/bin/env bash
# Pillow 12.0.0 and 13.0.0.
# Image.resize works in two passes and rounds to bytes between them. Up to 12 the rows always come
# first; 13 begins with the columns where that is less work, so that the same Lanczos resize gives
# other bytes: masks that a trainer resizes by it weigh other cells.
# Seen, 1000 x 1000 to 900 x 100: across first by 12.0.0, down first by 13.0.0; 150 x 100 of 300 x 200
# across first by both.
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/order.py" <<'PY'
import numpy as np
from PIL import Image


def order(size: tuple[int, int], target: tuple[int, int]) -> str:
    pixels = np.random.default_rng(0).integers(0, 256, size[::-1], np.uint8)
    image, kernel = Image.fromarray(pixels), Image.Resampling.LANCZOS
    at_once = image.resize(target, kernel)
    across = image.resize((target[0], size[1]), kernel).resize(target, kernel)
    down = image.resize((size[0], target[1]), kernel).resize(target, kernel)
    assert across.tobytes() != down.tobytes()
    return {across.tobytes(): "across", down.tobytes(): "down"}[at_once.tobytes()]


print(order((1000, 1000), (900, 100)), order((300, 200), (150, 100)))
PY
for release in 12.0.0 13.0.0; do
    python3 -m venv "$work/$release"
    "$work/$release/bin/pip" install -q "pillow==$release" numpy==1.26.4
    "$work/$release/bin/python" "$work/order.py" | tee "$work/$release.txt"
done
[ "$(cat "$work/12.0.0.txt")" = "across across" ]
[ "$(cat "$work/13.0.0.txt")" = "down across" ]
