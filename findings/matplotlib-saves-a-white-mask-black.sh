#!/usr/bin/env bash
# matplotlib 3.10.8.
# imsave stretches each picture by its own least and largest value, also with cmap="gray": a mask that
# is white all over becomes black all over, and one of 0 and 0.5 becomes 0 and 255.
# Seen: all white -> 0; 0 and 0.5 -> 0 and 255.
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q matplotlib==3.10.8
cd "$work"
MPLBACKEND=Agg "$work/venv/bin/python" - <<'PY'
import numpy as np
from matplotlib import pyplot
from PIL import Image

white = np.ones((8, 8))
half = np.zeros((8, 8))
half[2:6, 2:6] = 0.5
pyplot.imsave("white.png", white, cmap="gray")
pyplot.imsave("half.png", half, cmap="gray")
seen = {name: np.unique(np.asarray(Image.open(f"{name}.png"))[..., 0]).tolist() for name in ("white", "half")}
print(seen)
assert seen == {"white": [0], "half": [0, 255]}
PY
