"""AnimaLoraStudio, where masks are concerned: read, not recorded.

*Source*: WalkingMeatAxolotl/AnimaLoraStudio v0.19.0, runtime/training/dataset.py and loop.py, pull
requests 394, 395 and 400.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname
from maskprep.model import (
    WHOLE,
    At,
    Dataset,
    MaskSource,
    ModelTraits,
    Oddity,
    Pair,
    Placement,
    Severity,
    Size,
    Stage,
    Stop,
    Subset,
)
from maskprep.trainers.anima_lora_studio import pairing, placement, settings
from maskprep.trainers.anima_lora_studio.declared import (
    FACTS,
    FLAGS,
    LAYOUT,
    MODELS,
    VERDICTS,
    WORDS,
)
from maskprep.trainers.base import ComposesInFolder, Trainer
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, ListFolder
from maskprep.trainers.roles import ReadsConfigurations

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskprep.raster import Reading


class AnimaLoraStudio(Trainer, ReadsConfigurations, ComposesInFolder):
    """WalkingMeatAxolotl/AnimaLoraStudio."""

    name: ClassVar[str] = "anima-lora-studio"
    versions: ClassVar[Sequence[str]] = ("0.19.0",)
    evidence: ClassVar[str] = "read"
    models = MODELS
    flags = FLAGS
    words = WORDS
    verdicts = VERDICTS
    facts = FACTS
    layout = LAYOUT
    masks_beside: ClassVar[str] = (
        "AnimaLoraStudio reads no masks from the alpha, but NAME.mask beside the images"
    )
    config_ending: ClassVar[str] = ".yaml"

    @classmethod
    def recognises(cls, document: object) -> bool:
        """Tell its configurations; see `ReadsConfigurations.recognises`."""
        return settings.is_training(document)

    def read_config(self, path: str, model: ModelTraits, flags: Flags) -> Configuration:
        """Read a configuration; see `ReadsConfigurations.read_config`."""
        return settings.read(path, model, flags)

    def read_folders(
        self, images: str, masks: str | None, model: ModelTraits, flags: Flags
    ) -> Configuration:
        """Make the training of a folder; see `FindsPairs.read_folders`."""
        if masks is not None and pathname.realpath(masks) != pathname.realpath(images):
            raise MaskprepError(
                f"{masks}: AnimaLoraStudio looks for masks beside the images alone: save them"
                " there as NAME.mask, and leave out --masks"
            )
        block = settings.block_of(0, settings.of_folder(images, model, flags))
        return Configuration(None, (block,), masked_loss=True)

    def sees(self, name: str) -> bool:
        """Tell an image's name; see `FindsPairs.sees`."""
        return pairing.is_visible(name)

    def assemble(self, block: DatasetBlock, list_folder: ListFolder) -> Dataset:
        """Find a folder's files; see `FindsPairs.assemble`."""
        return pairing.assemble(block, list_folder)

    def describe(self, dataset: Dataset) -> str:
        """Name the resolution; see `FindsPairs.describe`."""
        return f"resolution {dataset.settings.resolution}"

    def resolution_of(self, dataset: Dataset) -> Size:
        """Tell the resolution; see `FindsPairs.resolution_of`."""
        side: int = dataset.settings.resolution
        return Size(side, side)

    def foresee_start(
        self, config: Configuration, datasets: Sequence[Dataset], model: ModelTraits
    ) -> tuple[Stop, ...]:
        """Tell why the run would not start; see `Foresees.foresee_start`."""
        if config.verdict is not None and not config.verdict.accepted:
            path = config.verdict.path
            return tuple(
                Stop(issue.rule, Stage.START_UP, issue.error, path)
                for issue in config.verdict.issues
            )
        return tuple(
            Stop(
                "directory-missing",
                Stage.START_UP,
                f"FileNotFoundError: [Errno 2] No such file or directory: {subset.images.path!r}",
                subset.images.path,
            )
            for dataset in datasets
            for subset in dataset.subsets[:1]
            # A folder of regularisation images that is not there is passed over.
            if subset.images is not None
            and not subset.images.exists
            and not subset.is_regularisation
        )

    def oddities(
        self, datasets: Sequence[Dataset], model: ModelTraits, flags: Flags
    ) -> tuple[Oddity, ...]:
        """Tell what it takes without a word; see `Foresees.oddities`."""
        return tuple(_oddities(datasets))

    def foresee_unreadable(
        self, pair: Pair, path: str, broken: UnreadableImageError
    ) -> Stop | None:
        """Tell that a broken mask is passed over; see `Foresees.foresee_unreadable`."""
        if path == pair.mask:
            return None
        stage = Stage.BATCH if broken.foretold else Stage.UNKNOWN
        return Stop("bomb" if broken.too_large else "unreadable", stage, broken.error, path)

    def place(
        self, pair: Pair, size: Size, dataset: Dataset, subset: Subset
    ) -> Placement | Stop | None:
        """Choose the bucket; see `Places.place`."""
        training: settings.Training = dataset.settings
        resolution = subset.settings.resolution or training.resolution
        return placement.place(size, resolution, training.aspect_limit)

    def bucket_mask(
        self,
        mask: NDArray[Any],
        placement: Placement,
        pair: Pair,
        dataset: Dataset,
        subset: Subset,
        at: At = WHOLE,
    ) -> NDArray[np.uint8]:
        """Bring a mask to bucket size, or leave it out; see `Places.bucket_mask`."""
        import numpy as np
        from PIL import Image

        from maskprep.trainers.anima_lora_studio import pixels

        if mask.shape[1::-1] != getattr(placement, "image", mask.shape[1::-1]):
            bucket = placement.bucket
            return np.full((bucket.height, bucket.width), 255, np.uint8)[at]
        return pixels.at_bucket(mask, placement, Image.Resampling.NEAREST)[at]

    def bucket_image(
        self, image: NDArray[np.uint8], placement: Placement, dataset: Dataset, subset: Subset
    ) -> NDArray[np.uint8]:
        """Bring a picture to bucket size; see `Places.bucket_image`."""
        from PIL import Image

        from maskprep.trainers.anima_lora_studio import pixels

        return pixels.at_bucket(image[..., :3], placement, Image.Resampling.LANCZOS)

    def mask_reading(self, source: MaskSource, subset: Subset) -> Reading:
        """Tell that Pillow's luminance counts; see `Weighs.mask_reading`."""
        from maskprep.raster import Reading

        return Reading("luminance")

    def meant(self, mask: NDArray[np.uint8], image: Size, subset: Subset) -> NDArray[np.uint8]:
        """Leave out a mask of another size; see `Weighs.meant`."""
        import numpy as np

        return mask if mask.shape[1::-1] == tuple(image) else np.full_like(mask, 255)

    def latent_weights(
        self,
        bucket_mask: NDArray[Any],
        model: ModelTraits,
        dataset: Dataset,
        subset: Subset,
    ) -> NDArray[np.float32]:
        """Give the cells' weights; see `Weighs.latent_weights`."""
        from maskprep.trainers.anima_lora_studio import pixels

        return pixels.at_latents(bucket_mask, model.stride)

    def loss_factors(
        self, weights: NDArray[np.float32], model: ModelTraits, dataset: Dataset
    ) -> NDArray[np.float32]:
        """Divide by the mean of the mask; see `Weighs.loss_factors`."""
        from maskprep.trainers.anima_lora_studio import pixels

        return pixels.normalised(weights)


def _oddities(datasets: Sequence[Dataset]) -> Iterator[Oddity]:
    if not datasets:
        return
    training: settings.Training = datasets[0].settings
    folders = [subset.images for subset in datasets[0].subsets]
    names = [name for each in folders if each is not None for name in each.names]
    unused = sum(name.endswith(pairing.ENDING) for name in names)
    if unused and not training.masked:
        yield Oddity(
            "masked-loss-off",
            f"masked_loss is off: {unused} masks lie beside the images, unused",
            "set masked_loss: true",
            Severity.ERROR,
        )
    elif training.masked and training.packs:
        yield Oddity(
            "masks-off-by-packing",
            "navit_packing is on, which switches masked_loss off: every image trains whole",
            "set navit_packing: false",
            Severity.ERROR,
        )
