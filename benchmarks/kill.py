"""Kill commands that write at random moments, and look for files that are lost or torn.

Makes a seeded data set, lets each command run through once for the bytes that it writes, then
kills it again and again at random moments (SIGKILL) on fresh copies. After each kill every file
must be the old one or the new one, whole, and every original must be there, in its place or in the
backup; and after an undo the folders must be what they were.

    python benchmarks/kill.py --files 50 --kills 200
"""

from __future__ import annotations

import argparse
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
COMMANDS = {
    "dilate --in-place": "dilate {images} --masks {masks} --radius 3 --in-place",
    "dilate --target": "dilate {images} --masks {masks} --target 0.7 --resolution 320 --in-place",
    "embed --in-place": "embed {images} --masks {masks} --in-place",
    "embed --output": "embed {images} --masks {masks} --output {output}",
}


def make_set(root: Path, files: int) -> None:
    """Draw the data set; every third image is a JPEG, so that in place its name changes."""
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


def command_for(root: Path, words: str) -> list[str]:
    """Fill the places into a command line."""
    places = {name: str(root / name) for name in ("images", "masks", "output")}
    return [sys.executable, "-m", "maskprep", *(word.format(**places) for word in words.split())]


def contents(root: Path) -> dict[str, bytes]:
    """Read every file but the hidden, which no trainer sees."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def verdict(old: dict[str, bytes], new: dict[str, bytes], now: dict[str, bytes]) -> list[str]:
    """Tell which files are torn, and which originals are lost."""
    data = {name: content for name, content in now.items() if ".maskprep-backup-" not in name}
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


def writes(root: Path) -> bool:
    """Tell whether the command has begun to write."""
    return (root / "output").exists() or any(root.glob("*.maskprep-backup-*"))


def run_until_writing(root: Path, words: str) -> subprocess.Popen[bytes]:
    """Start a command, and come back when it writes its first file, or has ended."""
    process = subprocess.Popen(
        command_for(root, words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and not writes(root):
        time.sleep(0.0005)
    return process


def main() -> None:
    """Run, kill, look; print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50)
    parser.add_argument("--kills", type=int, default=200)
    options = parser.parse_args()
    chance = random.Random(1)
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name) / "fresh"
        make_set(fresh, options.files)
        old = contents(fresh)
        for label, words in COMMANDS.items():
            root = Path(name) / "set"
            shutil.copytree(fresh, root)
            process = run_until_writing(root, words)
            start = time.perf_counter()
            if process.wait():
                raise SystemExit(f"{label} exited with {process.returncode}")
            duration = time.perf_counter() - start
            new = {name: each for name, each in contents(root).items() if "backup" not in name}
            killed = halfway = 0
            for _ in range(options.kills):
                shutil.rmtree(root)
                shutil.copytree(fresh, root)
                process = run_until_writing(root, words)
                time.sleep(chance.uniform(0, duration))
                killed += process.poll() is None
                process.kill()
                process.wait()
                now = contents(root)
                changed = sum(now.get(name) == each != old.get(name) for name, each in new.items())
                halfway += 0 < changed < sum(each != old.get(name) for name, each in new.items())
                wrong = verdict(old, new, now)
                if "--in-place" in words and undone(root) != old:
                    wrong.append("not undone")
                failures += bool(wrong)
                for line in wrong:
                    print(f"{label}: {line}")
            shutil.rmtree(root)
            print(
                f"{label:18} {options.files} files, {options.kills} runs: {killed} killed,"
                f" {halfway} of them between the first file and the last"
            )
    print("no file lost or torn" if not failures else f"{failures} runs lost or tore files")
    raise SystemExit(bool(failures))


if __name__ == "__main__":
    main()
