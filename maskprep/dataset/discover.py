"""From a configuration or folders to the pairs that a trainer would load."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from maskprep.dataset.below import how_to_take_in
from maskprep.dataset.captions import usual_ending
from maskprep.dataset.only import keep_only
from maskprep.errors import ConfigError, MaskprepError, closest
from maskprep.files import pathname, shell, storage
from maskprep.model import (
    ConfigIssue,
    ConfigVerdict,
    Environment,
    Folder,
    MaskSource,
    ModelTraits,
    Oddity,
    Pair,
    Stage,
    Stop,
    TrainingSet,
)
from maskprep.trainers import DEFAULT, documents, find_model, find_trainer, known_trainers
from maskprep.trainers.base import Trainer, in_role
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, ListFolder
from maskprep.trainers.roles import ReadsConfigurations, WritesConfigurations

#: What `request` takes beside a trainer's flags.
_KEYWORDS = ("masks", "alpha", "trainer", "model")
#: How deep below a folder images are looked for.
_DEPTH = 3


@dataclass(frozen=True)
class Request:
    """What the user points at, and what they say beside it.

    Attributes
    ----------
    target : str
        A dataset TOML or JSON, or an image folder.
    trainer : Trainer
        Who is to train.
    model : ModelTraits
        What is to be trained.
    masks : str or None
        The mask folder, where `target` is a folder.
    alpha : bool
        Whether the images' alpha is the mask, where `target` is a folder.
    flags : mapping of str to object
        The trainer's own flags, by name.
    called : str or None
        The configuration's own path, where `target` is a copy of it.
    decode_images : bool
        Whether images beside mask files are decoded, too, in search of damage.
    environment : Environment or None
        The trainer's, where the user names it.
    is_typed : bool
        Whether all this was said in options, and not in Python: messages name them so.
    only : tuple of str
        Words that choose some of the pairs, as `keep_only` takes them; empty for all.
    """

    target: str
    trainer: Trainer
    model: ModelTraits
    masks: str | None = None
    alpha: bool = False
    flags: Flags = field(default_factory=dict)
    called: str | None = None
    decode_images: bool = False
    environment: Environment | None = None
    is_typed: bool = True
    only: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.target if self.called is None else self.called

    @property
    def who(self) -> list[str]:
        """The words that name the trainer and the model, where they are not the default."""
        words = []
        if self.trainer.version != self.trainer.versions[0]:
            words += ["--trainer", self.trainer.title]
        if self.model != next(iter(self.trainer.models.values())):
            words += ["--model", self.model.name]
        return words

    @property
    def arguments(self) -> str:
        """What to type after a command to say all this again."""
        words = [self.target]
        if self.masks is not None:
            words += ["--masks", self.masks]
        if self.alpha:
            words.append("--alpha")
        words += self.who
        for flag in self.trainer.flags:
            if flag.name in self.flags:
                words += flag.typed(self.flags[flag.name])
        return shell.typed(words)


def trainer_of(target: str) -> Trainer:
    """Find the trainer whose configuration a file looks like.

    Parameters
    ----------
    target : str
        A configuration, or an image folder.

    Returns
    -------
    Trainer
        sd-scripts of folders, and of files that look like nobody's.
    """
    default = find_trainer(DEFAULT)
    if not documents.may_hold_one(target) or not storage.isfile(target):
        return default
    try:
        document = documents.read_document(target)
    except ConfigError:
        return default
    for name, kind in known_trainers().items():
        if issubclass(kind, ReadsConfigurations) and kind.recognises(document):
            return find_trainer(name)
    return default


def discover(request: Request) -> TrainingSet:
    """Find everything that the trainer would load.

    Parameters
    ----------
    request : Request
        What to look at.

    Returns
    -------
    TrainingSet
        In a fixed order: the configuration's, then the trainer's.

    Raises
    ------
    MaskprepError
        There is nothing there, or a word of `only` means no pair. A file that does not parse is no
        error but a verdict.

    Notes
    -----
    Relative folders are relative to the working directory, as in the trainer. Those found only
    beside the configuration file are followed there, and named in ``relocated``. Behind a URL
    there is no working directory: there the trainer is taken to be started in the configuration's
    folder or, where that holds none of the folders named, in the nearest one above that does.
    """
    trainer = request.trainer
    folders: dict[str, Folder] = {}

    def list_folder(path: str) -> Folder:
        if path not in folders:
            folders[path] = _listing(path)
        return folders[path]

    config = _configuration(request, list_folder)
    model = config.model or request.model
    beside = pathname.dirname(request.name) if config.verdict is not None else ""
    spelling: tuple[Oddity, ...] = ()
    if config.verdict is not None:
        spelling = in_role(trainer, ReadsConfigurations).spelling_oddities(request.target)
    moved: dict[str, str] = {}
    if pathname.is_remote(beside):
        config = _started_beside(config, beside, trainer)
    blocks = [_relocated(block, beside, moved) for block in config.blocks]
    datasets = tuple(trainer.assemble(block, list_folder) for block in blocks)
    elsewhere: tuple[Stop, ...] = ()
    if moved:
        as_written = [trainer.assemble(block, list_folder) for block in config.blocks]
        from_here = trainer.foresee_start(config, as_written, model)
        elsewhere = tuple(replace(stop, rule="relative-path") for stop in from_here)
        stage = Stage.START_UP if elsewhere else Stage.BATCH
        elsewhere += tuple(
            Stop("relative-path", stage, f"not directory: {path}", path) for path in moved
        )
    found = TrainingSet(
        name=request.name,
        trainer=trainer,
        model=model,
        config=config.verdict,
        datasets=datasets,
        masked_loss=config.masked_loss,
        relocated=tuple(moved),
        stops=(*elsewhere, *trainer.foresee_start(config, datasets, model)),
        oddities=(*spelling, *trainer.oddities(datasets, model, request.flags)),
        arguments=request.arguments,
        decode_images=request.decode_images,
        environment=request.environment,
    )
    return keep_only(found, request.only)


def request(
    target: str | os.PathLike[str],
    *,
    masks: str | os.PathLike[str] | None = None,
    alpha: bool = False,
    trainer: str | None = None,
    model: str | None = None,
    **flags: Any,
) -> Request:
    """Say what to look at, in the words of the command line.

    Parameters
    ----------
    target : str or os.PathLike
        A dataset TOML or JSON, or an image folder; a path or a URL.
    masks : str, os.PathLike or None
        The mask folder, where `target` is a folder.
    alpha : bool
        Whether the images' alpha is the mask, where `target` is a folder.
    trainer : str or None
        ``name`` or ``name@version``; None: whose configuration `target` is, else sd-scripts.
    model : str or None
        Model family; None for the trainer's default.
    **flags : object
        The trainer's own flags, such as ``resolution`` (`maskprep.Size`).

    Returns
    -------
    Request
        Nothing is looked at yet.

    Raises
    ------
    MaskprepError
        A name is unknown, or a flag's value none for it.
    TypeError
        What should be a path is none.
    """
    path = pathname.as_text(target)
    asked = trainer_of(path) if trainer is None else find_trainer(trainer)
    known = {flag.name: flag for flag in asked.flags}
    for name in flags:
        if name not in known:
            close = closest(name, [*known, *_KEYWORDS])
            hint = f"did you mean {close}?" if close else f"known: {', '.join(known) or 'none'}"
            raise MaskprepError(f"{asked.title} has no flag {name!r}: {hint}")
    given = {name: known[name].taken(value) for name, value in flags.items() if value is not None}
    return Request(
        path,
        asked,
        find_model(asked, model),
        None if masks is None else pathname.as_text(masks),
        alpha,
        given,
        is_typed=False,
    )


def open_dataset(
    target: str | os.PathLike[str],
    *,
    masks: str | os.PathLike[str] | None = None,
    alpha: bool = False,
    trainer: str | None = None,
    model: str | None = None,
    **flags: Any,
) -> TrainingSet:
    """Find what a trainer would load, in the words of the command line.

    Parameters
    ----------
    target, masks, alpha, trainer, model, **flags
        As `request` takes them.

    Returns
    -------
    TrainingSet
        With at least one pair.

    Raises
    ------
    MaskprepError
        There is nothing there, the configuration is refused, or a name is unknown.
    """
    return discover_pairs(
        request(target, masks=masks, alpha=alpha, trainer=trainer, model=model, **flags)
    )


def discover_pairs(request: Request) -> TrainingSet:
    """Find everything that the trainer would load, for a job that needs pairs.

    Parameters
    ----------
    request : Request
        What to look at.

    Returns
    -------
    TrainingSet
        With at least one pair.

    Raises
    ------
    MaskprepError
        The configuration is refused, or there is no pair.
    """
    training_set = discover(request)
    if training_set.config is not None and not training_set.config.accepted:
        raise MaskprepError(f"{training_set.name}: {training_set.config.error}")
    if not training_set.pair_count:
        below = how_to_take_in(training_set)
        told = "there is no image that the trainer sees"
        raise MaskprepError(f"{training_set.name}: {told}{below and f'; {below}'}")
    return training_set


def discover_tree(request: Request) -> TrainingSet:
    """Find the pairs of an image folder or, where it holds no image itself, of those below it.

    Parameters
    ----------
    request : Request
        What to look at. Each sub-folder's masks lie in the mask folder's sub-folder of the same
        name; where there is none, where those of the folder above lie.

    Returns
    -------
    TrainingSet
        With at least one pair; a dataset for each folder that holds images.

    Raises
    ------
    MaskprepError
        The configuration is refused, or there is no pair.
    """
    found = discover(request)
    if found.pair_count or not storage.isdir(request.target):
        return discover_pairs(request)
    below = [discover(each) for each in _below(replace(request, only=()), _DEPTH)]
    datasets = tuple(dataset for part in below if part.pair_count for dataset in part.datasets)
    if not datasets:
        return discover_pairs(request)
    return keep_only(replace(found, datasets=datasets), request.only)


def _below(request: Request, depth: int) -> Iterator[Request]:
    masks = request.masks
    for name in _listing(request.target).names if depth else ():
        path = pathname.join(request.target, name)
        if name.startswith(".") or not storage.isdir(path):
            continue
        if masks is not None and pathname.realpath(path) == pathname.realpath(masks):
            continue
        mirrored = None if masks is None else pathname.join(masks, name)
        if mirrored is not None and not storage.isdir(mirrored):
            mirrored = masks
        part = replace(request, target=path, masks=mirrored)
        yield part
        yield from _below(part, depth - 1)


def images_in(folder: str, trainer: Trainer, model: ModelTraits, flags: Flags) -> tuple[Pair, ...]:
    """Find the images of a folder as the trainer would, wherever their masks are."""
    # Not every trainer reads alpha; a folder of masks every one takes.
    config = trainer.read_folders(folder, folder, model, flags)
    datasets = (trainer.assemble(block, _listing) for block in config.blocks)
    return tuple(pair for each in datasets for subset in each.subsets for pair in subset.pairs)


def discover_pair(
    image: str, mask: str | None, trainer: Trainer, model: ModelTraits, flags: Flags
) -> TrainingSet:
    """Find one image as the trainer would load it, with any mask.

    Parameters
    ----------
    image : str
        The image file.
    mask : str or None
        The mask file, of any name, in any folder; or the folder in which the trainer finds it.
        None: the image's alpha, or for trainers that look for masks beside images the one there.
    trainer : Trainer
        Who is to train.
    model : ModelTraits
        What is to be trained.
    flags : mapping of str to object
        The trainer's own flags, by name.

    Returns
    -------
    TrainingSet
        Of this pair alone: what else lies in the folders is not looked at.

    Raises
    ------
    MaskprepError
        A file is not there, or the trainer does not see an image of this name.
    """
    if mask is not None and storage.isdir(mask):
        mask = _mask_in(mask, Request(image, trainer, model, mask, flags=flags))
    for path in (image, mask):
        if path is not None and not storage.isfile(path):
            raise MaskprepError(f"{path}: there is no such file")
    folder, name = pathname.dirname(image), pathname.basename(image)
    beside = bool(trainer.masks_beside)
    masks = None if mask is None or beside else pathname.dirname(mask) or os.curdir
    in_alpha = mask is None and not beside
    request = Request(folder or os.curdir, trainer, model, masks, in_alpha, flags)
    list_folder = cache(_listing)
    config = _configuration(request, list_folder)

    def list_namesakes(path: str) -> Folder:
        # The image, its captions, its caches.
        listed = list_folder(path)
        stem = os.path.splitext(name)[0]
        return replace(listed, names=tuple(each for each in listed.names if each.startswith(stem)))

    (dataset,) = (trainer.assemble(block, list_namesakes) for block in config.blocks)
    (subset,) = dataset.subsets
    pairs = tuple(
        replace(pair, image=image)
        if mask is None
        else replace(pair, image=image, mask=mask, source=subset.source)
        for pair in subset.pairs
        if pathname.basename(pair.image) == name
    )
    if not pairs:
        raise MaskprepError(f"{image}: the trainer does not see a file of this name")
    alone = subset.of_one(pairs[0], subset.caches)
    if masks is not None and mask is not None and not trainer.sees(pathname.basename(mask)):
        alone = replace(alone, unseen_masks=(mask,))
    datasets = (replace(dataset, subsets=(alone,)),)
    return TrainingSet(
        name=image,
        trainer=trainer,
        model=model,
        config=None,
        datasets=datasets,
        masked_loss=config.masked_loss,
        stops=trainer.foresee_start(config, datasets, model),
        oddities=trainer.oddities(datasets, model, flags),
        arguments=request.arguments,
    )


def _mask_in(folder: str, pair: Request) -> str:
    """Find the mask of `pair.target` in a folder, as the trainer would."""
    images = pathname.dirname(pair.target) or os.curdir
    name, trainer = pathname.basename(pair.target), pair.trainer
    config = trainer.read_folders(images, folder, pair.model, pair.flags)
    found = (
        each.mask
        for block in config.blocks
        for subset in trainer.assemble(block, _listing).subsets
        for each in subset.pairs
        if pathname.basename(each.image) == name and each.mask is not None
    )
    mask = next(found, None)
    if mask is None:
        close = closest(name, _listing(folder).names)
        hint = f": is it {close}? Name the file then" if close else ""
        raise MaskprepError(f"{folder}: the trainer finds no mask of {name} there{hint}")
    return mask


def discover_configured(image: str, mask: str | None, request: Request) -> TrainingSet:
    """Find one image of a configuration as the trainer would load it.

    Parameters
    ----------
    image : str
        The image file, however it is spelt.
    mask : str or None
        Another mask file than the configuration's; None for that one.
    request : Request
        The configuration, and what is said beside it.

    Returns
    -------
    TrainingSet
        Of this image alone, in each dataset that has it.

    Raises
    ------
    MaskprepError
        The configuration is refused, or has no such image.
    """
    found = discover_pairs(request)
    whole, name = pathname.realpath(image), pathname.basename(image)
    datasets = []
    for dataset in found.datasets:
        subsets = tuple(
            subset.of_one(
                pair if mask is None else replace(pair, mask=mask, source=MaskSource.FILE),
                subset.caches,
            )
            for subset in dataset.subsets
            for pair in subset.pairs
            if pathname.basename(pair.image) == name and pathname.realpath(pair.image) == whole
        )
        if subsets:
            datasets.append(replace(dataset, subsets=subsets[:1]))
    if not datasets:
        raise MaskprepError(f"{image}: is no image that the trainer sees by {found.name}")
    return replace(found, datasets=tuple(datasets))


def _configuration(request: Request, list_folder: ListFolder) -> Configuration:
    target, trainer = request.target, request.trainer
    of_folder = request.masks is not None or request.alpha
    typed = request.is_typed
    both = "--masks and --alpha" if typed else "masks and alpha"
    if storage.isdir(target):
        if request.alpha and (refusal := trainer.masks_beside or trainer.alpha_refused):
            raise MaskprepError(f"{target}: {refusal}")
        if not of_folder and not trainer.masks_beside:
            one, other = ("--masks DIR", "--alpha") if typed else ("masks=DIR", "alpha=True")
            adopt = shell.typed(("maskprep", "adopt", target, "-o", "set"))
            nor = f"; or make a data set of all that is in it: {adopt}" if typed else ""
            raise MaskprepError(
                f"{target}: is a folder: say where its masks are, {one} or {other}{nor}"
            )
        if request.masks is not None and request.alpha:
            raise MaskprepError(f"{target}: {both} exclude each other")
        flags = _with_captions(request, list_folder(target))
        return trainer.read_folders(target, request.masks, request.model, flags)
    if not storage.exists(target):
        raise MaskprepError(f"{target}: there is no such file or folder")
    if of_folder:
        raise MaskprepError(f"{target}: {both} go with an image folder, not a file")
    if not storage.isfile(target):
        raise MaskprepError(f"{target}: is neither a regular file nor a folder")
    try:
        config = in_role(trainer, ReadsConfigurations).read_config(
            target, request.model, request.flags
        )
    except ConfigError as error:
        issue = ConfigIssue(str(error).removeprefix(f"{target}: "), "unparsable")
        return Configuration(ConfigVerdict(request.name, (issue,)), (), masked_loss=False)
    issues = config.verdict.issues if config.verdict is not None else ()
    return replace(config, verdict=ConfigVerdict(request.name, issues))


def _with_captions(request: Request, folder: Folder) -> Flags:
    """Say how captions end, where a folder's files say it and nobody else does."""
    trainer, flags = request.trainer, request.flags
    if not isinstance(trainer, WritesConfigurations) or trainer.caption_flag in flags:
        return flags
    ending = usual_ending(folder.names, trainer.sees)
    return flags if ending is None else {**flags, trainer.caption_flag: ending}


def _relocated(block: DatasetBlock, beside: str, moved: dict[str, str]) -> DatasetBlock:
    def found(path: str | None) -> str | None:
        if path is None or pathname.isabs(path) or os.path.exists(path):
            return path
        near = os.path.join(beside, path)
        if beside and os.path.isdir(near):
            moved[path] = near
            return near
        return path

    subsets = (
        replace(subset, image_dir=found(subset.image_dir), mask_dir=found(subset.mask_dir))
        for subset in block.subsets
    )
    return replace(block, subsets=tuple(subsets))


def _started_beside(config: Configuration, beside: str, trainer: Trainer) -> Configuration:
    folders = [
        path
        for block in config.blocks
        for subset in block.subsets
        for path in (subset.image_dir, subset.mask_dir)
        if path and not pathname.isabs(path)
    ]
    start = next((each for each in pathname.upward(beside) if _holds(each, folders)), beside)
    blocks = tuple(trainer.started_in(block, start) for block in config.blocks)
    return replace(config, blocks=blocks)


def _holds(folder: str, paths: Sequence[str]) -> bool:
    try:
        return any(storage.isdir(pathname.join(folder, path)) for path in paths)
    except storage.ForbiddenError:
        return False  # whoever may read a data set may not read all that lies above it


def _listing(path: str) -> Folder:
    try:
        names = storage.listdir(path)
    except (OSError, ValueError):
        return Folder(path, (), storage.isdir(path))
    return Folder(path, tuple(names), True)
