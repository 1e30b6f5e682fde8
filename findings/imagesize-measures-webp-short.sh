#!/usr/bin/env bash
# imagesize 1.4.1 (pinned by kohya-ss/sd-scripts, whose buckets and cache names are made of it).
# A WebP of the extended kind (VP8X: with alpha and lossy, a colour profile or EXIF) stores its canvas
# minus one; imagesize does not add it, so that such pictures measure one px short each way. Plain
# lossy and lossless files measure right.
# Seen, of 64 x 48: extended (63, 47), lossy (64, 48), lossless (64, 48).
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q imagesize==1.4.1 pillow==12.0.0
cd "$work"
"$work/venv/bin/python" - <<'PY'
import imagesize
from PIL import Image

picture = Image.new("RGBA", (64, 48), (200, 100, 50, 128))
picture.save("extended.webp", quality=80)
picture.convert("RGB").save("lossy.webp", quality=80)
picture.convert("RGB").save("lossless.webp", lossless=True)
seen = {name: imagesize.get(f"{name}.webp") for name in ("extended", "lossy", "lossless")}
print(seen)
assert open("extended.webp", "rb").read()[12:16] == b"VP8X"
assert seen == {"extended": (63, 47), "lossy": (64, 48), "lossless": (64, 48)}
PY
