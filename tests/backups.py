"""What backups hold beside their manifests, and what a data set is without its backups."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from maskprep.files.manifest import NAME


def backups_in(root: Path) -> list[Path]:
    """List the backups anywhere below a folder, in order."""
    return sorted(each for each in root.rglob("*.maskprep-backup-*") if each.is_dir())


def originals(backup: Path) -> dict[str, bytes]:
    """Read what a backup holds, by its path there."""
    found = (each for each in backup.rglob("*") if each.is_file() and each.name != NAME)
    return {each.relative_to(backup).as_posix(): each.read_bytes() for each in found}


def state_of_tree(root: Path) -> dict[str, object]:
    """Tell what stands below a folder but backups and hidden files: content, rights, times."""
    told: dict[str, object] = {}
    for each in sorted(root.rglob("*")):
        name = each.relative_to(root).as_posix()
        if ".maskprep-backup-" in name or each.name.startswith("."):
            continue
        found = each.lstat()
        if each.is_symlink():
            told[name] = os.readlink(each)
        elif each.is_dir():
            told[name] = "a folder"
        else:
            told[name] = (each.read_bytes(), stat.S_IMODE(found.st_mode), found.st_mtime_ns)
    return told
