"""OneTrainer's training configuration and its concepts, as far as masks are concerned.

*Source*: OneTrainer 23df383, modules/util/config/TrainConfig.py and ConceptConfig.py (names,
defaults), modules/dataLoader/mixin/StoreConcepts.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maskprep.files import pathname, storage
from maskprep.model import ConfigIssue, ConfigVerdict, MaskSource, ModelTraits, Size
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, SubsetBlock
from maskprep.trainers.documents import read_document
from maskprep.trainers.onetrainer.declared import FAMILIES, MODELS
from maskprep.trainers.onetrainer.placement import resolutions

if TYPE_CHECKING:
    from maskprep.masks.antialias import Dtype

#: What only a training configuration holds, beside ``model_type``.
_TRAINING_KEYS = frozenset(
    {"concept_file_name", "concepts", "masked_training", "training_method", "base_model_name"}
)
#: What a concept holds beside its path.
_CONCEPT_KEYS = frozenset(
    {"include_subdirectories", "image", "text", "balancing", "image_variations", "enabled"}
)
#: Types in which masks lose digits; every other computes them in float32.
_SHORT: dict[str, Dtype] = {"FLOAT_16": "float16", "BFLOAT_16": "bfloat16"}
#: Augmentations of a concept's images that move a mask at random.
_RANDOM = (
    "enable_crop_jitter",
    "enable_random_rotate",
    "enable_random_circular_mask_shrink",
    "enable_random_mask_rotate_crop",
)


@dataclass(frozen=True)
class Training:
    """What a training configuration says of masks; its defaults are the trainer's.

    Attributes
    ----------
    family : str
        Of the model, as given to ``--model``.
    step : int
        By which buckets' sides are rounded.
    dtype : str
        ``train_dtype``, as `maskprep.masks.antialias.rounded` takes it.
    written : frozenset of str
        The keys that stand in the file.
    """

    family: str
    step: int
    resolution: str
    aspect_ratio_bucketing: bool = True
    dtype: Dtype = "float16"
    masked_training: bool = False
    unmasked_weight: float = 0.1
    unmasked_probability: float = 0.1
    normalize_masked_area_loss: bool = False
    masked_prior_preservation_weight: float = 0.0
    latent_caching: bool = True
    clear_cache_before_training: bool = True
    batch_size: int = 1
    written: frozenset[str] = frozenset()

    @property
    def bucket_step(self) -> int | None:
        """By which sides are rounded; None without buckets."""
        return self.step if self.aspect_ratio_bucketing else None

    @property
    def has_frames(self) -> bool:
        """Whether its latents have a dimension of frames."""
        return FAMILIES[self.family].has_frames


@dataclass(frozen=True)
class Concept:
    """One folder of images.

    Attributes
    ----------
    moves : tuple of str
        Those of its augmentations that move or change masks at random.
    resolution : str or None
        Where it overrides the training's.
    captions : str
        ``prompt_source``: "sample" where each image has a text file.
    """

    path: str
    include_subdirectories: bool = False
    moves: tuple[str, ...] = ()
    resolution: str | None = None
    balancing: float = 1.0
    captions: str = "sample"


def is_training(document: object) -> bool:
    """Tell whether a parsed file is a training configuration."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("model_type"), str)
        and not _TRAINING_KEYS.isdisjoint(document)
    )


def is_concepts(document: object) -> bool:
    """Tell whether a parsed file is a list of concepts."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(
            isinstance(each, dict)
            and isinstance(each.get("path"), str)
            and not _CONCEPT_KEYS.isdisjoint(each)
            for each in document
        )
    )


def read(path: str, model: ModelTraits, flags: Flags) -> Configuration:
    """Read a training configuration with its concepts, or concepts alone.

    Parameters
    ----------
    path : str
        JSON.
    model : ModelTraits
        Taken for concepts alone; a training configuration says it itself.
    flags : mapping of str to object
        Taken for what the file does not say.

    Returns
    -------
    Configuration
        One dataset a concept that is enabled.

    Raises
    ------
    ConfigError
        It does not parse.
    """
    document = read_document(path)
    if is_concepts(document):
        training = from_flags(model, flags)
        return _configured(path, document, training, flags)
    if not is_training(document):
        told = 'is neither a training configuration ("model_type") nor a list of concepts ("path")'
        return Configuration(_refusal(path, told, "missing-key"), (), masked_loss=False)
    family = _family(document["model_type"])
    if family is None:
        told = f"model_type {document['model_type']!r} is none that OneTrainer knows"
        return Configuration(_refusal(path, told, "wrong-type"), (), masked_loss=False)
    try:
        training = _training(document, from_flags(MODELS[family], flags))
        resolutions(training.resolution)
    except (TypeError, ValueError) as error:
        told = f"a setting is of the wrong kind: {error}"
        return Configuration(_refusal(path, told, "wrong-type"), (), masked_loss=False)
    concepts, beside = document.get("concepts"), path
    if concepts is None:
        name = document.get("concept_file_name", "training_concepts/concepts.json")
        found = _concept_file(path, str(name))
        if found is None:
            told = f"concept_file_name {name}: there is no such file, here or above {path}"
            return Configuration(_refusal(path, told, "no-datasets"), (), masked_loss=False)
        concepts, beside = read_document(found), found
    if not isinstance(concepts, list):
        told = f"{beside}: holds no list of concepts"
        return Configuration(_refusal(path, told, "no-datasets"), (), masked_loss=False)
    return _configured(path, concepts, training, flags)


def from_flags(model: ModelTraits, flags: Flags) -> Training:
    """Make the training of folders, which is meant to have masks.

    Raises
    ------
    ConfigError
        A flag is of the wrong kind.
    """
    resolution: Size = flags.get("resolution") or Size(model.resolution, model.resolution)
    square = resolution.width == resolution.height
    training = Training(
        model.name,
        model.bucket_step,
        str(resolution.width) if square else f"{resolution.width}x{resolution.height}",
        masked_training=True,
    )
    named = {
        name: flags[name]
        for name in ("aspect_ratio_bucketing", "unmasked_weight", "normalize_masked_area_loss")
        if name in flags
    }
    if "train_dtype" in flags:
        named["dtype"] = _dtype(str(flags["train_dtype"]))
    return replace(training, **named)


def as_size(resolution: str) -> Size:
    """Give the size that a resolution means, the first of several."""
    (first, *_) = resolutions(resolution)
    return first if isinstance(first, Size) else Size(first, first)


def block_of(index: int, concept: Concept, training: Training) -> DatasetBlock:
    """Make the dataset of a concept."""
    source = MaskSource.FILE if training.masked_training else MaskSource.NONE
    subset = SubsetBlock(0, concept.path, None, source, concept)
    return DatasetBlock(index, (subset,), training)


def _configured(path: str, listed: list[Any], training: Training, flags: Flags) -> Configuration:
    enabled = [each for each in listed if isinstance(each, dict) and each.get("enabled", True)]
    issues = tuple(
        ConfigIssue(f"concepts[{place}] has no path", "missing-key", ("concepts", place))
        for place, each in enumerate(enabled)
        if not isinstance(each.get("path"), str)
    )
    verdict, model = ConfigVerdict(path, issues), MODELS[training.family]
    if issues:
        return Configuration(verdict, (), training.masked_training, model)
    concepts = (_concept(each, flags) for each in enabled)
    blocks = tuple(block_of(place, each, training) for place, each in enumerate(concepts))
    return Configuration(verdict, blocks, training.masked_training, model)


def _concept(said: dict[str, Any], flags: Flags) -> Concept:
    image, text = (
        value if isinstance(value, dict) else {} for value in (said.get("image"), said.get("text"))
    )
    jitter = image.get("enable_crop_jitter", True)  # on, where nobody says it
    moves = tuple(
        name for name in _RANDOM if (jitter if name == "enable_crop_jitter" else image.get(name))
    )
    override = image.get("resolution_override") if image.get("enable_resolution_override") else None
    below = said.get("include_subdirectories", flags.get("include_subdirectories", False))
    balancing = said.get("balancing", said.get("repeats", 1.0))
    return Concept(
        said["path"],
        bool(below),
        moves,
        None if override is None else str(override),
        float(balancing) if isinstance(balancing, int | float) else 1.0,
        str(text.get("prompt_source", "sample")),
    )


def _training(said: dict[str, Any], default: Training) -> Training:
    taken: dict[str, Any] = {"masked_training": False}
    for name in (
        "aspect_ratio_bucketing",
        "masked_training",
        "normalize_masked_area_loss",
        "latent_caching",
        "clear_cache_before_training",
    ):
        if name in said:
            taken[name] = bool(said[name])
    for name in ("unmasked_weight", "unmasked_probability", "masked_prior_preservation_weight"):
        if name in said:
            taken[name] = float(said[name])
    if "batch_size" in said:
        taken["batch_size"] = int(said["batch_size"])
    if "resolution" in said:
        taken["resolution"] = str(said["resolution"])
    if "train_dtype" in said:
        taken["dtype"] = _dtype(str(said["train_dtype"]))
    return replace(default, **taken, written=frozenset(said))


def _dtype(name: str) -> Dtype:
    return _SHORT.get(name.upper(), "float32")


def _family(model_type: str) -> str | None:
    kinds = ((name, start) for name, family in FAMILIES.items() for start in family.types)
    return next((name for name, start in kinds if model_type.startswith(start)), None)


def _refusal(path: str, told: str, rule: str) -> ConfigVerdict:
    return ConfigVerdict(path, (ConfigIssue(told, rule),))


def _concept_file(path: str, name: str) -> str | None:
    """Find it from where OneTrainer is started: here, or a folder above its configuration."""
    return next((each for each in _places(path, name) if storage.isfile(each)), None)


def _places(path: str, name: str) -> Iterator[str]:
    yield name
    if not pathname.isabs(name):
        for folder in pathname.upward(pathname.dirname(path)):
            yield pathname.join(folder, name)
