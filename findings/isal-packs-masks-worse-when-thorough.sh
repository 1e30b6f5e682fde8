#!/usr/bin/env bash
# isal 1.9.1 (ISA-L's deflate).
# Its highest level, 3, makes more of hard masks than level 1 does, in several times as long: rows of
# 0 and 255 as they are, as a PNG without filters holds them.
# Seen, an ellipse of 1024 x 1024 px: 2,782 bytes at level 1, 2,782 at 2, 7,953 at 3.
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q isal==1.9.1 numpy==1.26.4
cat > "$work/levels.py" <<'PY'
import zlib

import numpy as np
from isal import isal_zlib

down, across = np.mgrid[:1024, :1024]
mask = np.where(((across - 500) / 300) ** 2 + ((down - 600) / 250) ** 2 < 1, 255, 0).astype(np.uint8)
rows = np.hstack([np.zeros((1024, 1), np.uint8), mask]).tobytes()
sizes = []
for level in (1, 2, 3):
    packed = isal_zlib.compress(rows, level)
    assert zlib.decompress(packed) == rows
    sizes.append(len(packed))
print(*sizes)
assert sizes[2] > 1.2 * max(sizes[:2])
PY
"$work/venv/bin/python" "$work/levels.py"
