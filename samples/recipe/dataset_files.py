"""Texts of the data sets: captions and ``dataset.toml`` files."""

from __future__ import annotations

CHARACTER_TOML = """\
# Data set of the drawn characters for sd-scripts, with masks as separate files.
# Paths count from the folder in which the trainer is started (here: the repository root).

[general]
caption_extension = ".txt"  # the caption of city-wave.png is city-wave.txt

[[datasets]]
resolution = 1024           # area of a bucket: about 1024 x 1024 pixels
enable_bucket = true        # keep aspect ratios: sort pictures into buckets of similar shape
max_bucket_reso = 2048      # longest side of a bucket; 1024 alone would crop tall pictures
batch_size = 2              # pictures per training step

  [[datasets.subsets]]
  image_dir = "samples/character/images"
  conditioning_data_dir = "samples/character/masks"  # same names; white trains, black is ignored
  num_repeats = 1           # how often each picture is used per epoch
"""

ALPHA_TOML = """\
# The same characters, with the mask in the alpha channel of each picture.
# Paths count from the folder in which the trainer is started (here: the repository root).

[general]
caption_extension = ".txt"  # the caption of city-wave.png is city-wave.txt

[[datasets]]
resolution = 1024           # area of a bucket: about 1024 x 1024 pixels
enable_bucket = true        # keep aspect ratios: sort pictures into buckets of similar shape
max_bucket_reso = 2048      # longest side of a bucket; 1024 alone would crop tall pictures
batch_size = 2              # pictures per training step

  [[datasets.subsets]]
  image_dir = "samples/character-alpha/images"
  alpha_mask = true         # opaque trains, transparent is ignored
  num_repeats = 1           # how often each picture is used per epoch
"""

PHOTO_TOML = """\
# A photograph with a mask drawn by hand.
# Paths count from the folder in which the trainer is started (here: the repository root).

[general]
caption_extension = ".txt"  # the caption of astronaut.png is astronaut.txt

[[datasets]]
resolution = 512            # area of a bucket: about 512 x 512 pixels
enable_bucket = true        # keep aspect ratios: sort pictures into buckets of similar shape
batch_size = 1              # pictures per training step

  [[datasets.subsets]]
  image_dir = "samples/photo/images"
  conditioning_data_dir = "samples/photo/masks"  # same names; white trains, black is ignored
  num_repeats = 1           # how often each picture is used per epoch
"""
