"""The floor of a command that only reads: ``decode.py FOLDER [FOLDER_OF_HEADERS]``."""

import sys

from part import files
from PIL import Image

for path in files(sys.argv[1]):
    with Image.open(path) as picture:
        picture.load()

for folder in sys.argv[2:]:
    for path in files(folder):
        with Image.open(path) as picture:
            picture.size  # noqa: B018
