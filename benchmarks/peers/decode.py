"""The floor of a command that only reads: ``decode.py FOLDER [FOLDER_OF_HEADERS]``."""

import sys
from pathlib import Path

from PIL import Image

for path in sorted(Path(sys.argv[1]).iterdir()):
    if path.suffix != ".caption":
        with Image.open(path) as picture:
            picture.load()

for folder in sys.argv[2:]:
    for path in sorted(Path(folder).iterdir()):
        if path.suffix != ".caption":
            with Image.open(path) as picture:
                picture.size  # noqa: B018
