"""Make the sample data sets again, or check that the files are what this recipe makes.

Run from the repository root::

    python samples/recipe/make.py            # write everything
    python samples/recipe/make.py --check    # compare with the files on disk
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import photo
from compare import picture_problem, text_problem
from dataset_files import ALPHA_TOML, CHARACTER_TOML, PHOTO_TOML
from PIL import Image
from render import compose, with_alpha
from scenes import SCENES

SAMPLES = Path(__file__).resolve().parent.parent
Product = tuple[str, str | Image.Image]


def products() -> Iterator[Product]:
    """Every file of the data sets: path below ``samples/`` and its content."""
    yield "character/dataset.toml", CHARACTER_TOML
    yield "character-alpha/dataset.toml", ALPHA_TOML
    for scene in SCENES:
        picture, mask = compose(scene.background_svg(), scene.figure_svg(), scene.size)
        yield f"character/images/{scene.stem}.png", picture
        yield f"character/images/{scene.stem}.txt", scene.caption + "\n"
        yield f"character/masks/{scene.stem}.png", mask
        yield f"character-alpha/images/{scene.stem}.png", with_alpha(picture, mask)
        yield f"character-alpha/images/{scene.stem}.txt", scene.caption + "\n"
    yield "photo/dataset.toml", PHOTO_TOML
    yield f"photo/images/{photo.STEM}.png", photo.photograph()
    yield f"photo/images/{photo.STEM}.txt", photo.CAPTION + "\n"
    yield f"photo/masks/{photo.STEM}.png", photo.photograph_mask()


def write(path: Path, content: str | Image.Image) -> None:
    """Write one file, pictures as optimised PNG without any metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8", newline="\n")
    else:
        content.save(path, format="PNG", optimize=True)


def problem(path: Path, content: str | Image.Image) -> str | None:
    """Tell what is wrong with a file on disk, or None."""
    if not path.is_file():
        return "is missing"
    if isinstance(content, str):
        return text_problem(path, content)
    return picture_problem(path, content)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make or check the sample data sets.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args(arguments)
    bad = 0
    known: set[Path] = set()
    for name, content in products():
        path = SAMPLES / name
        known.add(path)
        if not options.check:
            write(path, content)
            print(f"wrote {name} ({path.stat().st_size:,} bytes)")
        elif fault := problem(path, content):
            bad += 1
            print(f"samples/{name}: {fault}")
    for folder in sorted({path.parent for path in known}):
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            if path.is_file() and path not in known:
                bad += 1
                print(f"samples/{path.relative_to(SAMPLES).as_posix()}: not made by this recipe")
    if options.check:
        print(f"{len(known)} files checked, {bad} with problems")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
