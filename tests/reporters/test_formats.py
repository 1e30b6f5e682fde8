"""Formats: all of the same findings, each as its readers want them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlparse
from urllib.request import url2pathname

import cv2
import jsonschema
import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from maskprep.reporters import formats
from tests.commands import run
from tests.datasets import FIGURE, Folders, drawn
from tests.places import ROOT, names_of_bytes

SCHEMA = json.loads((ROOT / "tests/data/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
ODD = "a, 100%: 見[bold].png"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pair with an error, a pair with a warning, and odd names."""
    folders = Folders(tmp_path).add(ODD).add("b.png").add("c.png")
    cv2.imwrite(str(folders.masks / "b.png"), drawn(FIGURE).astype(np.uint16) * 257)
    Image.new("L", (128, 128), 255).save(folders.masks / ODD)
    monkeypatch.chdir(tmp_path)
    return folders.config()


def check(config: Path, form: str, *options: object) -> Result:
    return run("check", config, "--format", form, *options)


def test_the_formats_are_those_promised() -> None:
    assert formats() == ["text", "concise", "csv", "github", "json", "sarif"]


@pytest.mark.parametrize("form", formats())
def test_every_format_has_the_same_exit_code(config: Path, form: str) -> None:
    assert check(config, form).exit_code == 1
    assert check(config, form, "--fail-on", "never").exit_code == 0


def test_concise_is_one_line_a_finding(config: Path) -> None:
    lines = check(config, "concise").stdout.splitlines()
    assert len(lines) == 2
    path, _, rest = next(line for line in lines if "MP201" in line).partition(": ")
    assert path == str(config.parent / "masks" / "b.png")
    assert rest.startswith("MP201 is 16-bit")


def test_csv_has_all_numbers_of_every_pair(config: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(check(config, "csv").stdout)))
    assert [Path(row["image"]).name for row in rows] == [ODD, "b.png", "c.png"]
    whole, _, plain = rows
    assert (plain["size_width"], plain["bucket_height"]) == ("128", "128")
    wanted = float((drawn(FIGURE) > 0).mean())
    assert float(plain["coverage"]) == pytest.approx(wanted)
    assert plain["details"] == "2"
    assert float(plain["detail_weight_min"]) == 1
    assert whole["weight_mean"] == "1.0"
    assert {row["trains"] for row in rows} == {"masked"}


def test_csv_leaves_empty_what_cannot_be_foretold(config: Path) -> None:
    (config.parent / "masks" / "c.png").write_bytes(b"")
    row = list(csv.DictReader(io.StringIO(check(config, "csv").stdout)))[-1]
    assert row["coverage"] == row["weight_mean"] == row["trains"] == ""
    assert row["size_width"] == "128"


def test_github_escapes_what_it_must(config: Path) -> None:
    lines = check(config, "github").stdout.splitlines()
    assert sorted(line.split(" ")[0] for line in lines) == ["::error", "::warning"]
    warning = next(line for line in lines if line.startswith("::warning"))
    place, _, message = warning.removeprefix("::warning ").partition("::")
    assert "a%2C 100%25%3A 見[bold].png" in place
    assert place.count(",") == 1
    assert place.endswith(",title=MP303 everything-trained")
    assert "all white" in message


def test_sarif_is_valid_and_finds_its_files(config: Path) -> None:
    document = json.loads(check(config, "sarif").stdout)
    jsonschema.validate(document, SCHEMA)
    (only,) = document["runs"]
    assert {each["ruleId"] for each in only["results"]} == {"MP201", "MP303"}
    for result in only["results"]:
        rule = only["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place["uriBaseId"] == "%SRCROOT%"
        assert (config.parent / unquote(place["uri"])).is_file()


def test_sarif_has_the_verdict_of_each_target(config: Path) -> None:
    (only,) = json.loads(check(config, "sarif").stdout)["runs"]
    document = json.loads(check(config, "json").stdout)
    (target,) = only["properties"]["targets"]
    assert target == {
        "target": str(config),
        "verdict": document["verdict"],
        "todo": document["todo"],
    }
    assert target["verdict"] == "trains wrongly"


def test_github_tells_the_command(config: Path) -> None:
    (error,) = (line for line in check(config, "github").stdout.splitlines() if "::error" in line)
    assert error.endswith(f"maskprep extract {config} --output masks-8bit")


def test_sarif_names_files_elsewhere_in_full(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    document = json.loads(check(config, "sarif").stdout)
    jsonschema.validate(document, SCHEMA)
    place = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert Path(url2pathname(urlparse(place["artifactLocation"]["uri"]).path)).is_file()


def test_sarif_explains_its_rules(config: Path) -> None:
    (only,) = json.loads(check(config, "sarif").stdout)["runs"]
    sixteen, white = only["tool"]["driver"]["rules"]
    assert sixteen["name"] == "mask-16bit"
    assert sixteen["shortDescription"]["text"].startswith("A mask of 16 or 32 bits: ")
    assert "maskprep extract DATASET" in sixteen["help"]["text"]
    assert "`maskprep check DATASET --fix`" in sixteen["help"]["markdown"]
    assert sixteen["properties"] == {"formats": "docs/formats.md#png-grey-16"}
    assert "docs/formats.md#png-grey-16" in sixteen["help"]["text"]
    assert white["properties"] == {"formats": ""}
    found = {each["code"]: each for each in json.loads(check(config, "json").stdout)["findings"]}
    assert found[sixteen["id"]]["formats"] == "docs/formats.md#png-grey-16"
    assert found[white["id"]]["formats"] == ""
    for rule in (sixteen, white):
        assert "``" not in json.dumps(rule)
        for text in (rule["fullDescription"]["text"], rule["help"]["text"]):
            assert all(len(part.splitlines()) == 1 for part in text.split("\n\n"))


@names_of_bytes
def test_sarif_names_bytes_that_are_no_text(config: Path) -> None:
    odd = os.fsencode(config.parent / "masks") + b"/not\xff: text.png"
    with open(odd, "wb") as stream:
        stream.write(b"")
    document = json.loads(check(config, "sarif").stdout)
    jsonschema.validate(document, SCHEMA)
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in document["runs"][0]["results"]
    ]
    assert "masks/not%FF%3A%20text.png" in places
    assert os.path.exists(unquote_to_bytes("masks/not%FF%3A%20text.png"))


def test_windows_paths_are_told_as_given(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_text(
        "[[datasets]]\nresolution = 512\n[[datasets.subsets]]\n"
        "image_dir = 'D:\\data\\my images'\nconditioning_data_dir = 'D:\\data\\masks'\n",
        encoding="utf-8",
    )
    for form in ("text", "concise"):
        assert r"D:\data\my images: " in check(path, form).stdout
    assert r"file=D%3A\data\my images," in check(path, "github").stdout
    jsonschema.validate(json.loads(check(path, "sarif").stdout), SCHEMA)


@pytest.mark.parametrize("form", formats())
def test_a_stop_is_told_even_where_its_rule_is_not_chosen(config: Path, form: str) -> None:
    (config.parent / "masks" / "c.png").unlink()
    result = check(config, form, "--select", "MP3")
    assert result.exit_code == 1
    told = result.stdout if form == "text" else result.stderr
    if form == "json":
        assert json.loads(result.stdout)["starts"] is False
    else:
        assert "The run will not start: AssertionError: missing conditioning data" in told
    assert ("will not start" in result.stdout) is (form in ("text", "json", "sarif"))


def test_a_report_replaces_an_older_one_only_when_asked(config: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.csv"
    target.write_text("yesterday's", encoding="utf-8")
    refused = check(config, "csv", "--output-file", target)
    assert refused.exit_code == 2
    assert f"{target} is there already: add --overwrite" in refused.stderr
    assert target.read_text(encoding="utf-8") == "yesterday's"
    assert check(config, "csv", "--output-file", target, "--overwrite").exit_code == 1
    assert target.read_text(encoding="utf-8").startswith("target,dataset,")


def test_csv_quotes_what_it_must(config: Path) -> None:
    text = check(config, "csv").stdout
    assert f'"{config.parent / "images" / ODD}"' in text
    widths = {len(row) for row in csv.reader(io.StringIO(text))}
    assert len(widths) == 1


def test_an_empty_sarif_is_valid(tmp_path: Path) -> None:
    config = Folders(tmp_path).add("a.png").config()
    document = json.loads(check(config, "sarif").stdout)
    jsonschema.validate(document, SCHEMA)
    assert document["runs"][0]["results"] == []


def test_several_sets_give_one_document(config: Path, tmp_path: Path) -> None:
    other = Folders(tmp_path / "other").add("d.png").config()
    assert len(json.loads(run("check", config, other, "--format", "json").stdout)) == 2
    sarif = json.loads(run("check", config, other, "--format", "sarif").stdout)
    jsonschema.validate(sarif, SCHEMA)
    rows = csv.DictReader(io.StringIO(run("check", config, other, "--format", "csv").stdout))
    assert {row["target"] for row in rows} == {str(config), str(other)}


@pytest.mark.parametrize("form", formats())
def test_a_file_gets_what_stdout_would(config: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "reports" / "out"
    result = check(config, form, "--output-file", target)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "out: written" in result.stderr
    written = target.read_text(encoding="utf-8")
    assert written == check(config, form, "--all").stdout


@pytest.mark.parametrize("encoding", ["cp932", "cp1252"])
@pytest.mark.parametrize("form", formats())
def test_no_console_is_broken_by_a_name(config: Path, form: str, encoding: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "maskprep", "check", config, "--format", form],
        capture_output=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": encoding,
            "COLUMNS": "60",
        },
    )
    assert result.returncode == 1
    assert result.stderr == b""
    assert result.stdout.decode(encoding)
