"""The floor of a command that only reads: ``decode.py FOLDER... [--headers FOLDER...]``."""

import sys

from part import files
from PIL import Image

words = sys.argv[1:]
decoded = words.index("--headers") if "--headers" in words else len(words)

for folder in words[:decoded]:
    for path in files(folder):
        with Image.open(path) as picture:
            picture.load()

for folder in words[decoded + 1 :]:
    for path in files(folder):
        with Image.open(path) as picture:
            picture.size  # noqa: B018
