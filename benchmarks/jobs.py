"""What is measured, beside what, and what is wanted of it: one table, `JOBS`.

A job's commands run in turn, round after round. To add a job, add it to the table: everything else
(running, tables, goals, chart) follows from it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from benchmarks.corpus import Corpus
from maskprep.rules import all_rules

PEERS = Path(__file__).parent / "peers"
#: For PYTHONPATH: hides the optional packages that maskprep would use.
WITHOUT = Path(__file__).parent / "without"
#: The rules that look for thin or small parts; the others judge sizes, tones and weights.
DETAIL_RULES = ("detail-lost", "crop-cuts-mask", "specks", "pinholes")
#: Radii of dilation, px.
RADII = (2, 8, 32, 64)
OURS, FEWER_RULES = "maskprep", "maskprep, no detail rules"
#: The floor in one process, and in as many as there are cores: by it is judged how long one waits.
FLOOR, CORES = "floor", "floor, all cores"
FAST = "imagecodecs"
#: Pairs of jobs that draw: so many are there for a first look, too.
DRAWN = 40
_RECODE = "decoded by Pillow, encoded by zlib-ng"


@dataclass(frozen=True)
class Place:
    """What a command works on, and where it writes.

    Attributes
    ----------
    data : Corpus
        The pairs.
    output : Path
        An empty folder, made anew for each run.
    """

    data: Corpus
    output: Path


@dataclass(frozen=True)
class Command:
    """One program of a job.

    Attributes
    ----------
    label : str
        Its name in tables; unlike the others' of its job.
    words : callable
        From a place to program and arguments.
    share : float
        Of the corpus's pairs that it gets: slow ones get fewer, and with none left are not run;
        0 for a program that works on none.
    pairs : int or None
        It gets just so many instead.
    rounds : int or None
        It takes part in no more rounds than these.
    program : str
        Without which it cannot run.
    module : str or None
        Without which it cannot run, either.
    """

    label: str
    words: Callable[[Place], Sequence[object]]
    share: float = 1
    pairs: int | None = None
    rounds: int | None = None
    program: str = sys.executable
    module: str | None = None

    def count(self, pairs: int) -> int:
        """Tell how many pairs it gets of a corpus."""
        return int(pairs * self.share + 1e-9) if self.pairs is None else self.pairs


@dataclass(frozen=True)
class Goal:
    """What is wanted.

    Attributes
    ----------
    text : str
        In words.
    command : str
        Label of the command that is judged.
    over : str
        Label of the command that it is compared with, file by file; empty for none: then wall
        is in seconds and the peak in 10^6 bytes, of the whole run. Of `FLOOR` wall is that of
        `CORES`: both have every core.
    at_most, at_least : float or None
        Between which it must lie; None of both is told and not judged.
    measures : tuple of {"cpu", "wall", "peak"}
        What is compared.
    """

    text: str
    command: str
    over: str = ""
    at_most: float | None = None
    at_least: float | None = None
    measures: tuple[str, ...] = ("cpu", "wall")


@dataclass(frozen=True)
class Job:
    """Commands that do the same work, or as much less as their labels tell.

    Attributes
    ----------
    name : str
        For ``--only``, which takes the first word as well.
    title : str
        In tables.
    commands : tuple of Command
        In the order of the table.
    goals : tuple of Goal
        What is wanted.
    floor : str
        What the command `FLOOR` does; the others' costs are told as times its. Empty for none.
    writes : bool
        Whether every command writes one file a pair at least; it is made sure of.
    per_file : bool
        Whether times are told per file, or per run.
    shared_memory : bool
        Whether the peak is that of all processes together, what they share counted once.
    """

    name: str
    title: str
    commands: tuple[Command, ...]
    goals: tuple[Goal, ...] = ()
    floor: str = ""
    writes: bool = False
    per_file: bool = True
    shared_memory: bool = False


def maskprep(*words: object) -> tuple[object, ...]:
    """Call this checkout's maskprep as it comes, without optional packages."""
    alone = ("env", f"PYTHONPATH={WITHOUT}") if find_spec(FAST) else ()
    return (*alone, *with_extras(*words))


def with_extras(*words: object) -> tuple[object, ...]:
    """Call this checkout's maskprep with all that is installed."""
    return (sys.executable, "-m", "maskprep", *words)


def peer(script: str, *words: object) -> tuple[object, ...]:
    """Call one of the scripts that one would write instead."""
    return (sys.executable, PEERS / f"{script}.py", *words)


def floors(
    share: float, script: str, words: Callable[[Place], Sequence[object]]
) -> tuple[Command, ...]:
    """Do the least that any program must do: in one process, and in one a core."""
    return (
        Command(FLOOR, lambda at: peer(script, *words(at)), share),
        Command(CORES, lambda at: peer("cores", PEERS / f"{script}.py", *words(at)), share),
    )


def mask_floors(folder: Callable[[Corpus], Path]) -> tuple[Command, ...]:
    """Decode masks as fast as OpenCV does: in one thread, and in one a core."""

    def words(at: Place) -> tuple[object, ...]:
        return peer("decode_masks", folder(at.data), at.data.images)

    return (
        Command(FLOOR, words),
        Command(CORES, lambda at: ("env", f"BENCH_THREADS={os.cpu_count() or 1}", *words(at))),
    )


def magick(at: Place, folder: Path, *words: object) -> tuple[object, ...]:
    """Call ImageMagick's mogrify on all pictures of a folder."""
    return ("mogrify", "-path", at.output, *words, *sorted(folder.glob("*.png")))


def few_rules() -> tuple[str, str]:
    """Select every rule but those that look for details."""
    names = {rule.name for rule in all_rules()}
    unknown = set(DETAIL_RULES) - names
    if unknown:
        raise SystemExit(f"DETAIL_RULES names no rule: {', '.join(sorted(unknown))}")
    codes = [rule.code for rule in all_rules() if rule.name not in DETAIL_RULES]
    return "--select", ",".join(codes)


def check_files(at: Place, *words: object) -> tuple[object, ...]:
    """Check images with mask files, as for the first time: what a run remembers is thrown away."""
    remember = ("--cache-dir", at.output)
    return maskprep("check", at.data.images, "--masks", at.data.masks, *remember, *words)


def check_fine(at: Place, *words: object) -> tuple[object, ...]:
    """Check images with masks that are rich in details, as for the first time."""
    remember = ("--cache-dir", at.output)
    return maskprep("check", at.data.images, "--masks", at.data.fine, *remember, *words)


def in_processes(at: Place) -> tuple[object, ...]:
    """Check in processes, however few pairs there are."""
    return check_files(at, "--executor", "processes")


def check_again(at: Place) -> tuple[object, ...]:
    """Check what was checked before, and has not changed since."""
    kept = at.output.with_name("remembered")
    words = maskprep("check", at.data.images, "--masks", at.data.masks, "--cache-dir", kept)
    _run_once(words)
    return words


@cache
def _run_once(words: tuple[object, ...]) -> None:
    subprocess.run([str(word) for word in words], stdout=subprocess.DEVNULL, check=False)


def alpha_words(at: Place) -> tuple[object, ...]:
    """Say how to check images with their alpha, as for the first time."""
    return "check", at.data.alpha, "--alpha", "--cache-dir", at.output


def extract_alpha(at: Place) -> tuple[object, ...]:
    """Extract masks from the images' alpha."""
    return maskprep("extract", at.data.alpha, "--alpha", "--output", at.output)


def extract_red(at: Place) -> tuple[object, ...]:
    """Take R of coloured masks."""
    return maskprep("extract", at.data.images, "--masks", at.data.coloured, "--output", at.output)


def extract_job(
    name: str,
    source: str,
    folder: Callable[[Corpus], Path],
    magick_words: tuple[str, ...],
    ours: Callable[[Place], tuple[object, ...]],
) -> Job:
    """Masks from a channel, beside a floor and what one would write instead."""
    channel = "r" if name == "red" else name

    def by(peer_name: str) -> Callable[[Place], tuple[object, ...]]:
        return lambda at: peer("extract", peer_name, channel, folder(at.data), at.output)

    return Job(
        f"extract-{name}",
        f"`extract` from {source}",
        (
            *floors(0.4, "extract", lambda at: ("floor", channel, folder(at.data), at.output)),
            Command("OpenCV loop", by("opencv"), 0.4),
            Command(
                "ImageMagick",
                lambda at: magick(at, folder(at.data), *magick_words),
                0.1,
                program="mogrify",
            ),
            Command(OURS, ours, 0.4),
        ),
        (Goal(f"extract from {channel if name == 'alpha' else 'R'}", OURS, FLOOR, at_most=1.3),),
        _RECODE,
        writes=True,
    )


def dilate_job(
    kind: str,
    folder: Callable[[Corpus], Path],
    more: tuple[Command, ...],
    far_at_most: float | None,
) -> Job:
    """Grow masks of one kind by every radius, in one job, so that radii can be compared."""

    def ours(radius: int) -> Command:
        return Command(
            f"maskprep, {radius} px",
            lambda at: maskprep(
                *("dilate", at.data.images, "--masks", folder(at.data)),
                *("--radius", radius, "--output", at.output),
            ),
            share=0.4,
        )

    def opencv(radius: int, share: float) -> Command:
        return Command(
            f"OpenCV loop, {radius} px",
            lambda at: peer("dilate", "opencv", folder(at.data), at.output, radius),
            share,
        )

    commands = [*floors(0.4, "dilate", lambda at: ("floor", folder(at.data), at.output))]
    for radius, share in zip(RADII, (0.4, 0.4, 0.2, 0.1), strict=True):
        commands += [ours(radius), opencv(radius, share)]
    goals = [
        Goal(f"dilate {kind} masks, {radius} px", f"maskprep, {radius} px", FLOOR, at_most=1.3)
        for radius in RADII
    ]
    far = Goal(
        f"dilate {kind} masks, {RADII[-1]} px: times {RADII[0]} px",
        f"maskprep, {RADII[-1]} px",
        f"maskprep, {RADII[0]} px",
        far_at_most,
    )
    return Job(
        f"dilate-{kind}",
        f"`dilate` of {kind} masks",
        (*commands, *more),
        (*goals, far),
        _RECODE,
        writes=True,
    )


def slow_dilation(radius: int, share: float, rounds: int | None = None) -> tuple[Command, ...]:
    """Grow soft masks with what takes time as the square of the radius."""
    return (
        Command(
            f"scikit-image loop, {radius} px",
            lambda at: peer("dilate", "scikit-image", at.data.masks, at.output, radius),
            share,
            rounds=rounds,
        ),
        Command(
            f"Pillow MaxFilter loop, {radius} px",
            lambda at: peer("dilate", "pillow", at.data.masks, at.output, radius),
            share,
            rounds=rounds,
        ),
        Command(
            f"ImageMagick, {radius} px",
            lambda at: magick(at, at.data.masks, "-morphology", "Dilate", f"Disk:{radius}"),
            share,
            rounds=rounds,
            program="mogrify",
        ),
    )


def dilate_target_job() -> Job:
    """Grow each detail to a weight, beside the growth of all by one radius."""

    def ours(name: str, folder: Callable[[Corpus], Path], *words: object) -> Command:
        return Command(
            f"{name}, {' '.join(map(str, words))}",
            lambda at: maskprep(
                *("dilate", at.data.images, "--masks", folder(at.data), *words),
                *("--output", at.output),
            ),
            share=0.4,
        )

    kinds: tuple[tuple[str, Callable[[Corpus], Path], float], ...] = (
        ("soft", lambda data: data.masks, 1.5),
        ("rich in details", lambda data: data.fine, 3),
    )
    radius, target = ("--radius", 8), ("--target", 0.7)
    return Job(
        "dilate-target",
        "`dilate --target`, beside `dilate --radius 8`",
        tuple(
            ours(name, folder, *words) for name, folder, _ in kinds for words in (radius, target)
        ),
        tuple(
            Goal(
                f"dilate --target, masks {name}: times --radius 8",
                f"{name}, --target 0.7",
                f"{name}, --radius 8",
                at_most,
            )
            for name, _, at_most in kinds
        ),
    )


def distance_transform() -> Command:
    """Grow binary masks by their distance transform, which costs the same for all radii."""
    return Command(
        "OpenCV distance loop, any radius",
        lambda at: peer("dilate", "distance", at.data.binary, at.output, 8),
        share=0.4,
    )


def preview_files(at: Place, *words: object) -> tuple[object, ...]:
    """Draw images with mask files, as for the first time."""
    return maskprep(
        *("preview", at.data.images, "--masks", at.data.masks),
        *("--output", at.output, "--no-cache", *words),
    )


def report_files(at: Place) -> tuple[object, ...]:
    """Write the page of images with mask files, as for the first time."""
    return maskprep(
        *("report", at.data.images, "--masks", at.data.masks),
        *("--output", at.output / "report.html", "--no-cache"),
    )


def drawing_job(name: str, title: str, ours: tuple[Command, ...], at_most: float) -> Job:
    """Show every pair, beside decoding it and beside a report as image pipelines make them."""
    plotted = Command(
        "Pillow and matplotlib script",
        lambda at: peer("plot", at.data.images, at.data.masks, at.output),
        pairs=DRAWN,
        rounds=2,
        module="matplotlib",
    )
    decoded = floors(1, "decode", lambda at: (at.data.images, at.data.masks))
    return Job(
        name,
        title,
        (*(replace(each, pairs=DRAWN) for each in decoded), plotted, *ours),
        (Goal(name, OURS, FLOOR, at_most=at_most),),
        "every image and every mask decoded by Pillow",
    )


JOBS = (
    Job(
        "check",
        "`check` of mask files",
        (
            *mask_floors(lambda data: data.masks),
            Command("Pillow script", lambda at: peer("check", at.data.images, at.data.masks)),
            Command(OURS, check_files),
            Command(f"{OURS}, in threads", lambda at: check_files(at, "--executor", "threads")),
            Command(f"{OURS}, 1 worker", lambda at: check_files(at, "--workers", 1)),
            Command(f"{OURS}, 2 workers", lambda at: check_files(at, "--workers", 2)),
            Command(FEWER_RULES, lambda at: check_files(at, *few_rules())),
            Command(
                f"{FEWER_RULES}, 1 worker",
                lambda at: check_files(at, *few_rules(), "--workers", 1),
            ),
        ),
        (
            Goal("check of mask files, no detail rules", FEWER_RULES, FLOOR, at_most=1.4),
            Goal("check of mask files, all rules", OURS, FLOOR, at_most=2),
            Goal(
                "two workers, times as fast as one",
                f"{OURS}, 1 worker",
                f"{OURS}, 2 workers",
                at_least=1.85,
                measures=("wall",),
            ),
        ),
        "every mask decoded by OpenCV, every image's header read by Pillow",
    ),
    Job(
        "check-fine",
        "`check` of mask files rich in details: hair, chains, lace, text",
        (
            *mask_floors(lambda data: data.fine),
            Command(OURS, check_fine),
            Command(f"{OURS}, 1 worker", lambda at: check_fine(at, "--workers", 1)),
            Command(FEWER_RULES, lambda at: check_fine(at, *few_rules())),
        ),
        (Goal("check of detail-rich, all rules", OURS, FLOOR, at_most=2.5),),
        "every mask decoded by OpenCV, every image's header read by Pillow",
    ),
    Job(
        "check-alpha",
        "`check` of alpha",
        (
            *floors(0.4, "decode", lambda at: (at.data.alpha,)),
            Command("Pillow script", lambda at: peer("check", at.data.alpha), 0.4),
            Command(OURS, lambda at: maskprep(*alpha_words(at)), 0.4),
            Command(FEWER_RULES, lambda at: maskprep(*alpha_words(at), *few_rules()), 0.4),
            Command(
                f"{OURS}, with {FAST}",
                lambda at: with_extras(*alpha_words(at)),
                0.4,
                module=FAST,
            ),
        ),
        (
            Goal("check of alpha, no detail rules", FEWER_RULES, FLOOR, at_most=1.25),
            Goal("check of alpha, all rules", OURS, FLOOR, at_most=1.25),
            Goal(f"check of alpha, all rules, with {FAST}", f"{OURS}, with {FAST}", FLOOR),
        ),
        "every RGBA image decoded by Pillow",
    ),
    dilate_job(
        "soft",
        lambda data: data.masks,
        (
            *slow_dilation(2, 0.05),
            *slow_dilation(8, 0.02),
            *slow_dilation(32, 0.002, rounds=1),
            *slow_dilation(64, 0.002, rounds=1),
        ),
        None,
    ),
    dilate_job("binary", lambda data: data.binary, (distance_transform(),), 3),
    dilate_target_job(),
    extract_job("alpha", "alpha", lambda data: data.alpha, ("-alpha", "extract"), extract_alpha),
    extract_job(
        "red",
        "R of coloured masks",
        lambda data: data.coloured,
        ("-channel", "R", "-separate"),
        extract_red,
    ),
    Job(
        "embed",
        "`embed`",
        (
            *floors(0.1, "embed", lambda at: ("floor", at.data.images, at.data.masks, at.output)),
            Command(
                "Pillow script",
                lambda at: peer("embed", "pillow", at.data.images, at.data.masks, at.output),
                0.1,
            ),
            Command(
                "ImageMagick",
                lambda at: peer("embed", "imagemagick", at.data.images, at.data.masks, at.output),
                0.1,
                program="convert",
            ),
            Command(
                OURS,
                lambda at: maskprep(
                    "embed", at.data.images, "--masks", at.data.masks, "--output", at.output
                ),
                0.1,
            ),
        ),
        (Goal("embed", OURS, FLOOR, at_most=1.1),),
        "image and mask decoded by Pillow, RGBA encoded by zlib-ng",
        writes=True,
    ),
    drawing_job(
        "preview",
        "`preview`: a picture a pair, and the contact sheet",
        (
            Command(OURS, preview_files, pairs=DRAWN),
            Command(f"{OURS}, --jpeg", lambda at: preview_files(at, "--jpeg"), pairs=DRAWN),
        ),
        at_most=3,
    ),
    drawing_job(
        "report",
        "`report`: the page of a data set",
        (Command(OURS, report_files, pairs=DRAWN),),
        at_most=2,
    ),
    Job(
        "start-up",
        "Start-up, per run",
        (
            Command("python -c pass", lambda _: (sys.executable, "-c", "pass"), 0),
            Command(
                "python, imports alone",
                lambda _: (sys.executable, "-c", "import numpy, PIL.Image, cv2"),
                0,
            ),
            Command(
                "python, imports, 20 masks decoded",
                lambda at: peer("decode_masks", at.data.masks, at.data.images),
                pairs=20,
            ),
            Command("maskprep --help", lambda _: maskprep("--help"), 0),
            Command("maskprep check, 20 pairs", check_files, pairs=20),
        ),
        (
            Goal("maskprep --help, s", "maskprep --help", at_most=0.15, measures=("wall",)),
            Goal(
                "check of 20 pairs",
                "maskprep check, 20 pairs",
                "python, imports, 20 masks decoded",
                at_most=1.5,
            ),
        ),
        per_file=False,
    ),
    Job(
        "again",
        "A second `check` of pairs that have not changed",
        (
            Command("first", check_files, rounds=2),
            Command("second", check_again),
        ),
        (
            Goal(
                "a second check, of the time of the first",
                "second",
                "first",
            ),
        ),
    ),
    Job(
        "memory",
        "Memory of `check`, per run, all processes together",
        (
            Command("a fifth of the pairs", in_processes, 0.2, rounds=2),
            Command("all pairs", in_processes, rounds=2),
            Command(
                "all pairs, in threads",
                lambda at: check_files(at, "--executor", "threads"),
                rounds=2,
            ),
        ),
        (
            Goal("memory of check, MB", "all pairs", at_most=200, measures=("peak",)),
            Goal(
                "memory of check, times that of a fifth of the pairs",
                "all pairs",
                "a fifth of the pairs",
                measures=("peak",),
            ),
        ),
        per_file=False,
        shared_memory=True,
    ),
)
