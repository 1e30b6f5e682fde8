"""A trainer without configuration, buckets and caches: 64 px, nearest pixels, NAME-m.png."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from maskprep import model as m
from maskprep.trainers.base import Trainer
from maskprep.trainers.blocks import Configuration, DatasetBlock, SubsetBlock
from maskprep.trainers.layout import Layout
from maskprep.trainers.words import Words


class Toy(Trainer):
    name, versions = "toy", ("1",)
    models = {"tiny": m.ModelTraits("tiny", stride=8, bucket_step=1, resolution=64)}
    layout = Layout("{stem}-m.png")
    words = Words("put NAME-m.png beside", "Masks are always used.", "", "", "weight", "{ending}")

    def read_folders(self, images: str, masks: Any, model: Any, flags: Any) -> Configuration:
        block = SubsetBlock(0, images, masks, m.MaskSource.FILE, None)
        return Configuration(None, (DatasetBlock(0, (block,), None),), masked_loss=True)

    def sees(self, name: str) -> bool:
        return name.endswith(".png") and not name.endswith("-m.png")

    def assemble(self, block: Any, list_folder: Any) -> m.Dataset:
        (of,) = block.subsets
        images, masks = list_folder(of.image_dir), list_folder(of.mask_dir)
        pairs = []
        for name in filter(self.sees, images.names):
            mask = f"{name[:-4]}-m.png"
            path = f"{masks.path}/{mask}" if mask in masks.names else None
            image, caption = f"{images.path}/{name}", m.Caption(None, "none is wanted")
            pairs.append(m.Pair(block.index, 0, image, path, of.source, caption))
        subset = m.Subset(block.index, 0, of.source, images, masks, tuple(pairs))
        return m.Dataset(block.index, (subset,))

    def describe(self, dataset: Any) -> str:
        return "64 px"

    def foresee_unreadable(self, pair: Any, path: str, broken: Any) -> m.Stop:
        return m.Stop("unreadable", m.Stage.BATCH, broken.error, path)

    def place(self, pair: Any, size: Any, dataset: Any, subset: Any) -> m.Placement:
        return m.Placement(m.Size(64, 64), m.Size(64, 64), (0, 0))

    def bucket_mask(self, mask: Any, placement: Any, *rest: Any) -> Any:
        resized = cv2.resize(mask, placement.bucket, interpolation=cv2.INTER_NEAREST)
        return resized[rest[3]] if rest[3:] else resized

    def bucket_image(self, image: Any, placement: Any, *_: Any) -> Any:
        return cv2.resize(image, placement.bucket)

    def latent_weights(self, bucket_mask: Any, model: Any, *_: Any) -> Any:
        return bucket_mask[::8, ::8].astype(np.float32) / np.float32(255)
