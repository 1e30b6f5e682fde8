"""Kill commands that write at random moments, and look for files that are lost or torn.

Makes a seeded data set, lets each command run through once for the bytes that it writes, then
kills it again and again at random moments (SIGKILL) on fresh copies. After each kill every file
must be the old one or the new one, whole, and every original must be there, in its place or in the
backup; after an undo the folders must be what they were, and what the next run does first must
leave no file that was half written.

    python benchmarks/kill.py --files 40 --kills 300
"""

from __future__ import annotations

import argparse
import logging
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

SIDE = 320
#: What each command is, all of them on the same data set.
COMMANDS = {
    "dilate --in-place": "dilate {images} --masks {masks} --radius 3 --in-place",
    "dilate --target": "dilate {images} --masks {masks} --target 0.7 --resolution 320 --in-place",
    "extract --in-place": "extract {images} --masks {masks} --invert --in-place",
    "embed --in-place": "embed {images} --masks {masks} --in-place",
    "check --fix": "check {images} --masks {masks} --fix --unsafe-fixes --no-cache",
    "export-config --update": "export-config {more} --masks {moremasks} --update {config}",
    "dilate --output": "dilate {images} --masks {masks} --radius 3 --output {output}",
    "extract --output": "extract {images} --masks {masks} --invert --output {output}",
    "embed --output": "embed {images} --masks {masks} --output {output}",
    "export-config": "export-config {images} --masks {masks} -o {output}/set.toml",
    "adopt": "adopt {images} {masks} --copy -o {output}",
    "convert": "convert {images} --masks {masks} --to onetrainer -o {output}",
    "preview": "preview {images} --masks {masks} --output {output} --no-cache",
    "compare": "compare {images} --masks {masks} --output {output}",
    "report": "report {images} --masks {masks} -o {output}/page.html --no-cache",
}
_CONFIG = """# mine
[[datasets]]
resolution = 320

[[datasets.subsets]]
image_dir = "{images}"
conditioning_data_dir = "{masks}"
caption_extension = ".txt"
"""
_PLACES = {"more": "more/images", "moremasks": "more/masks", "config": "dataset.toml"}


def make_set(root: Path, files: int, home: Path | None = None) -> None:
    """Draw the data set; every third image is a JPEG, so that in place its name changes.

    Captions begin with a byte order mark, which ``check --fix`` takes off. The configuration names
    the folders in `home`, where the set is to be copied to.
    """
    _draw(root, files)
    _draw(root / "more", 2)
    places = {each: (home or root) / each for each in ("images", "masks")}
    (root / "dataset.toml").write_text(_CONFIG.format(**places), encoding="utf-8")


def _draw(root: Path, files: int) -> None:
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    for seed in range(files):
        random_ = np.random.default_rng(seed)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        centre = random_.integers(SIDE // 3, 2 * SIDE // 3, 2).tolist()
        cv2.circle(mask, centre, int(random_.integers(40, 90)), 255, -1, cv2.LINE_AA)
        cv2.line(mask, centre, random_.integers(10, SIDE - 10, 2).tolist(), 255, 3, cv2.LINE_AA)
        image = random_.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        ending = "jpg" if seed % 3 == 0 else "png"
        cv2.imwrite(str(root / "images" / f"{seed:03}.{ending}"), image)
        cv2.imwrite(str(root / "masks" / f"{seed:03}.png"), mask)
        (root / "images" / f"{seed:03}.txt").write_bytes(b"\xef\xbb\xbfa figure")


def command_for(root: Path, words: str) -> list[str]:
    """Fill the places into a command line."""
    places = {name: str(root / name) for name in ("images", "masks", "output")}
    places |= {name: str(root / place) for name, place in _PLACES.items()}
    return [sys.executable, "-m", "maskprep", *(word.format(**places) for word in words.split())]


def contents(root: Path) -> dict[str, bytes]:
    """Read every file but the hidden, which no trainer sees."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def without_backups(now: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what was kept."""
    return {name: each for name, each in now.items() if ".maskprep-backup-" not in name}


def verdict(old: dict[str, bytes], new: dict[str, bytes], now: dict[str, bytes]) -> list[str]:
    """Tell which files are torn, and which originals are lost."""
    data = without_backups(now)
    torn = [name for name, content in data.items() if content not in (old.get(name), new.get(name))]
    kept = set(now.values())
    lost = [name for name, content in old.items() if content not in kept]
    stems = {Path(name).with_suffix("") for name in data}
    gone = [name for name in old if Path(name).with_suffix("") not in stems]
    return [*(f"torn: {name}" for name in torn), *(f"lost: {name}" for name in (*lost, *gone))]


def undone(root: Path) -> dict[str, bytes]:
    """Undo what was done in place, and read every file but the backups."""
    for backup in root.glob("*.maskprep-backup-*"):
        command = [sys.executable, "-m", "maskprep", "undo", str(backup)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return {name: each for name, each in contents(root).items() if ".maskprep-backup-" not in name}


def left(root: Path) -> list[Path]:
    """List what was being written."""
    return [each for each in root.rglob(".maskprep-*") if each.is_file()]


def begin_another(root: Path) -> None:
    """Do what the next run in each of the folders does first."""
    from maskprep.files.lock import sole_writer

    folders = [each for each in root.rglob("*") if each.is_dir() and "backup" not in str(each)]
    with sole_writer([root, root / "dataset.toml", *folders]):
        pass


def writes(root: Path) -> bool:
    """Tell whether the command has begun to write."""
    return (root / "output").exists() or any(root.glob("*.maskprep-backup-*"))


def begun(root: Path, words: str) -> subprocess.Popen[bytes]:
    """Start a command."""
    return subprocess.Popen(
        command_for(root, words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def run_until_writing(root: Path, words: str) -> subprocess.Popen[bytes]:
    """Start a command, and come back when it writes its first file, or has ended."""
    process = begun(root, words)
    while process.poll() is None and not writes(root):
        time.sleep(0.0005)
    return process


def main() -> None:
    """Run, kill, look; print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--kills", type=int, default=300, help="over all commands")
    options = parser.parse_args()
    logging.disable()
    chance = random.Random(1)
    failures = unfinished = uncleaned = 0
    each_kills = -(options.kills // -len(COMMANDS))
    with tempfile.TemporaryDirectory() as name:
        fresh, root = Path(name) / "fresh", Path(name) / "set"
        make_set(fresh, options.files, root)
        old = contents(fresh)
        for label, words in COMMANDS.items():
            shutil.copytree(fresh, root)
            start = time.perf_counter()
            process = run_until_writing(root, words)
            first = time.perf_counter() - start
            if process.wait() not in (0, 1):
                raise SystemExit(f"{label} exited with {process.returncode}")
            whole = time.perf_counter() - start
            new = without_backups(contents(root))
            tries = killed = halfway = 0
            while killed < each_kills and tries < 5 * each_kills:
                tries += 1
                shutil.rmtree(root)
                shutil.copytree(fresh, root)
                if tries % 2:
                    process = run_until_writing(root, words)
                    # Most of them soon: what comes after the last file is only told.
                    time.sleep(chance.uniform(0, whole - first) * chance.random())
                else:  # what writes one file has it written when that is seen
                    process = begun(root, words)
                    time.sleep(chance.uniform(0.8 * first, whole))
                killed += process.poll() is None
                process.kill()
                process.wait()
                now = contents(root)
                changed = sum(now.get(name) == each != old.get(name) for name, each in new.items())
                halfway += 0 < changed < sum(each != old.get(name) for name, each in new.items())
                unfinished += len(left(root))
                begin_another(root)
                uncleaned += len(left(root))
                wrong = verdict(old, new, contents(root))
                if "--in-place" in words and undone(root) != old:
                    wrong.append("not undone")
                failures += bool(wrong)
                for line in wrong:
                    print(f"{label}: {line}")
            shutil.rmtree(root)
            print(
                f"{label:22} {tries} runs: {killed} killed, {halfway} of them between the"
                " first file and the last",
                flush=True,
            )
    print(f"{unfinished} files were left half written, {uncleaned} of them by the next run, too")
    print("no file lost or torn" if not failures else f"{failures} runs lost or tore files")
    raise SystemExit(bool(failures or uncleaned))


if __name__ == "__main__":
    main()
