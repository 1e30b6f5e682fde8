"""What the shell is offered while a command is typed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from maskprep.cli import maskprep
from maskprep.rules import all_rules
from tests.places import ROOT


def offered(words: list[str], typed: str) -> list[str]:
    completion = ShellComplete(maskprep, {}, "maskprep", "_MASKPREP_COMPLETE")
    return [each.value for each in completion.get_completions(words, typed)]


@pytest.mark.parametrize(
    ("words", "typed", "values"),
    [
        ([], "exp", ["export-config"]),
        (["rules"], "detail", ["detail-lost"]),
        (["rules"], "MP301", ["MP301"]),
        (["rules"], "mp301", ["MP301"]),
        (["rules", "MP301"], "mask-16", ["mask-16bit"]),
        (["rules"], "no-such", []),
        (["check", "--select"], "mask-16", ["mask-16bit"]),
        (["check", "--ignore"], "MP1,detail-lost,mask-16", ["MP1,detail-lost,mask-16bit"]),
        (["check", "--severity"], "detail-lost=e", ["detail-lost=error"]),
        (["check", "--set"], "detail-lost.th", ["detail-lost.threshold=0.4"]),
        (["check", "--set"], "MP301.ta", ["MP301.target=0.7"]),
        (["check", "--trainer"], "sd-scripts@0", ["sd-scripts@0.10", "sd-scripts@0.9"]),
        (["info", "--trainer"], "sd-scripts@c", ["sd-scripts@current"]),
        (["dilate", "--model"], "hun", ["hunyuan-image", "hunyuan_image", "hunyuan-video"]),
        (["check", "--format"], "s", ["sarif"]),
    ],
)
def test_the_shell_is_offered(words: list[str], typed: str, values: list[str]) -> None:
    assert offered(words, typed) == values


def test_every_rule_is_offered_by_name_and_code() -> None:
    assert offered(["rules"], "") == [
        word for rule in all_rules() for word in (rule.name, rule.code)
    ]


def test_what_is_offered_can_be_given() -> None:
    from tests.commands import run

    severities = offered(["check", "--severity"], "bomb")
    settings = offered(["check", "--set"], "")
    assert len(severities) == 3
    assert len(settings) == 2 * sum(len(rule.options) for rule in all_rules())
    words = [word for each in severities for word in ("--severity", each)]
    words += [word for each in settings for word in ("--set", each)]
    target = ROOT / "samples/rules/MP301-detail-lost/good/dataset.toml"
    assert run("check", target, *words, "--fail-on", "never", "--format", "json").exit_code == 0


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete])
def test_the_shells_of_the_readme_have_a_script(shell: type[ShellComplete]) -> None:
    code = "import sys; sys.argv = ['maskprep']; from maskprep.cli import main; main()"
    environment = {"PYTHONPATH": str(ROOT), "_MASKPREP_COMPLETE": f"{shell.name}_source"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        env={**os.environ, **environment},
    )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{shell.name}_source" in readme
    assert f"_MASKPREP_COMPLETE={shell.name}_complete".encode() in result.stdout, result.stderr


def test_options_are_offered_without_heavy_libraries() -> None:
    code = (
        "import sys; from click.shell_completion import ShellComplete\n"
        "from maskprep.cli import maskprep\n"
        "shell = ShellComplete(maskprep, {}, 'maskprep', 'X')\n"
        "for words, typed in ((['check'], '--tr'), (['check', '--trainer'], 'sd'),\n"
        "                     (['check', '--model'], 's'), (['check', '--format'], 's')):\n"
        "    assert shell.get_completions(words, typed), words\n"
        "assert not {'numpy', 'cv2', 'PIL', 'skimage', 'rich'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
