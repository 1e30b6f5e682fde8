"""The samples of the rules: found on disk, copied, put in order by their recipes, checked."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import click

from maskprep.cli.options import TrainerCommand, data_options
from maskprep.dataset.discover import Request
from tests.places import ROOT

SAMPLES = ROOT / "samples" / "rules"
HALVES = ("bad", "good")
#: Files of a half that tell about it; a data set would not have them.
_ABOUT = ("expect.json", "recipe.py")


@dataclass(frozen=True)
class RuleSample:
    """One half of a rule's sample: what is wrong, or its mended twin.

    Attributes
    ----------
    code, name : str
        The rule's, as the folder says them.
    half : {"bad", "good"}
        Which.
    options : tuple of str
        For the command line, before the target.
    target : str
        The configuration, from the half's folder.
    also : frozenset of str
        Names of the rules that unavoidably fire beside the sample's own.
    absent : frozenset of str
        Paths that findings may name though nothing is there.
    """

    code: str
    name: str
    half: str
    options: tuple[str, ...]
    target: str
    also: frozenset[str]
    absent: frozenset[str]

    @property
    def folder(self) -> Path:
        return SAMPLES / f"{self.code}-{self.name}" / self.half

    @property
    def arguments(self) -> list[str]:
        return [*self.options, self.target]

    def copy_to(self, root: Path) -> None:
        """Copy what git holds, all with the time of now, then make the rest."""
        shutil.copytree(
            self.folder,
            root,
            ignore=shutil.ignore_patterns(*_ABOUT),
            copy_function=shutil.copyfile,
            dirs_exist_ok=True,
        )
        recipe = self.folder / "recipe.py"
        if recipe.exists():
            spec = importlib.util.spec_from_file_location(f"recipe_{self.code}", recipe)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.apply(root)


def rule_samples() -> list[RuleSample]:
    """Find every half of every sample, in order."""
    found = []
    for folder in sorted(each for each in SAMPLES.iterdir() if each.is_dir()):
        named = re.fullmatch(r"(MP\d{3})-(.+)", folder.name)
        assert named is not None, f"{folder} is not named CODE-name"
        for half in HALVES:
            if (folder / half).is_dir():
                found.append(_read(folder / half, named[1], named[2]))
    return found


def _read(folder: Path, code: str, name: str) -> RuleSample:
    about = folder / "expect.json"
    said = json.loads(about.read_text(encoding="utf-8")) if about.exists() else {}
    sample = RuleSample(
        code,
        name,
        folder.name,
        options=tuple(said.pop("options", ())),
        target=said.pop("target", "dataset.toml"),
        also=frozenset(said.pop("also", ())),
        absent=frozenset(said.pop("absent", ())),
    )
    assert not said, f"{about}: unknown keys {sorted(said)}"
    return sample


@click.command(cls=TrainerCommand)
@data_options
def _requested(requests: list[Request]) -> list[Request]:
    return requests


def request_of(sample: RuleSample) -> Request:
    """Read the sample's options as every command does."""
    return request_from(sample.arguments)


def request_from(arguments: list[str]) -> Request:
    """Read options as every command does."""
    (request,) = _requested.main(arguments, standalone_mode=False)
    assert isinstance(request, Request)
    return request
