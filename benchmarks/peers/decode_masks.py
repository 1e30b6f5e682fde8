"""The floor of looking at masks: ``decode_masks.py MASKS IMAGES``.

Every mask decoded by OpenCV, which leaves Python's lock alone: in one thread, or with BENCH_THREADS
in so many. Every image's header read by Pillow.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from sys import argv

import cv2
from part import files
from PIL import Image


def decode(path):
    """Decode a mask and let go of it."""
    cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def read_header(path):
    """Ask for a picture's size."""
    with Image.open(path) as picture:
        picture.size  # noqa: B018


cv2.setNumThreads(1)
with ThreadPoolExecutor(int(os.environ.get("BENCH_THREADS", "1"))) as pool:
    list(pool.map(decode, files(argv[1])))
    list(pool.map(read_header, files(argv[2])))
