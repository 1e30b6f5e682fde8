"""What the trainer's TOML parser reads otherwise than a file says, and what mends that."""

from __future__ import annotations

import datetime
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import toml
import tomlkit

from maskprep.dataset.discover import open_dataset
from maskprep.dataset.outputs import data_folders
from maskprep.errors import MaskprepError
from maskprep.trainers.sd_scripts.escaped_paths import escaped_paths, meant, quoted, restored
from maskprep.trainers.sd_scripts.misread import misreads, respelled, told, trainers_reading
from maskprep.trainers.sd_scripts.spelling import foresee_spelling, respell
from maskprep.trainers.sd_scripts.toml_layout import UnclearLayoutError, assignments, strings
from tests.commands import all_of, run
from tests.datasets import Folders
from tests.places import ROOT
from tests.trainers.toml_documents import document

_SAMPLES = [
    path
    for path in sorted((ROOT / "samples").rglob("*.toml"))
    if not path.match("MP02[34]-*/bad/*") and not path.match("MP001-*/bad/*")
]
_SEEDS = range(600)


def says(text: str) -> Any:
    return tomlkit.parse(text).unwrap()


def plain(value: Any) -> Any:
    """Write a reading so that what is the same to the trainer is the same text."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return repr(value + 0.0) if isinstance(value, float) else repr(value)


def as_read(seed: int) -> str:
    return document(seed).replace("\r\n", "\n")


def test_drawn_documents_are_told_exactly_where_the_readings_differ() -> None:
    seen = Counter[str]()
    for seed in _SEEDS:
        text = as_read(seed)
        reads = trainers_reading(text)
        if reads is None:
            seen["refused"] += 1
            assert misreads(text) == [], seed
            continue
        differs = plain(reads) != plain(says(text))
        assert bool(list(told(text))) is differs, seed
        seen["misread" if differs else "alike"] += 1
    assert min(seen.values()) > 100, "the documents are of one kind"


def test_drawn_documents_are_mended_or_refused_with_a_line() -> None:
    seen = Counter[bool]()
    for seed in _SEEDS:
        text = as_read(seed)
        if not misreads(text):
            continue
        try:
            changed = respelled(text)
        except MaskprepError as error:
            assert str(error).startswith("line "), seed
            seen[False] += 1
            continue
        assert plain(toml.loads(changed)) == plain(says(changed)) == plain(says(text)), seed
        seen[True] += 1
    assert seen[True] > 20 * seen[False]


def test_the_layout_of_drawn_documents_is_what_a_parser_finds() -> None:
    for seed in _SEEDS[:400]:
        text = as_read(seed)
        document = says(text)
        for each in assignments(text):
            value = document
            for step in each.place:
                value = value[step]
            alone = says(f"value = {text[each.value]}")["value"]
            assert plain(alone) == plain(value), (seed, each)


@pytest.mark.parametrize("text", ["a", "a = ", "a = [1 2]", "a = {b 1}", "= 1", "a = [1"])
def test_what_is_no_toml_has_no_layout(text: str) -> None:
    with pytest.raises(UnclearLayoutError):
        list(assignments(text))


def test_strings_and_comments_of_a_value_are_told_apart() -> None:
    text = '[ \'#\', # one\n "\\"#" ] # two'
    found = [each[0] for each in strings(text, slice(0, text.index("]")))]
    assert found == ["'#'", "# one", '"\\"#"']


@pytest.mark.parametrize("path", _SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sample_is_told_wrongly(path: Path) -> None:
    assert list(foresee_spelling(str(path))) == []


@pytest.mark.parametrize(
    ("text", "line", "changed"),
    [
        (
            'a = """x\ny"""  # why\nb = 1\n',
            'line 1: a: the file says "x\\ny", the trainer reads nothing',
            '# why\na = """x\ny"""\nb = 1\n',
        ),
        (
            "[g]\n  a = '''x\ny''' \nb = 1\n",
            'line 2: g.a: the file says "x\\ny", the trainer reads nothing',
            "[g]\n  a = '''x\ny'''\nb = 1\n",
        ),
        (
            'a = [", ", "]"]  # both\n',
            'line 1: a: the file says [", ", "]"], the trainer reads ["", "", "]"]',
            None,
        ),
        ('a = "\\"\\""\n', 'line 1: a: the file says "\\"\\"", the trainer reads ""', None),
        (
            'a = """x \ny"""\n',
            'line 1: a: the file says "x \\ny", the trainer reads "x\\ny"',
            'a = "x \\ny"\n',
        ),
        (
            "a . b = 1\n",
            'line 1: "a ": the file says nothing, the trainer reads {"b" = 1}',
            "a.b = 1\n",
        ),
        (
            "a = 07:32:00.5\n",
            "line 1: a: the file says 07:32:00.500000, the trainer reads 07:32:00",
            "a = 07:32:00.500000\n",
        ),
    ],
)
def test_kinds_of_misreading(text: str, line: str, changed: str | None) -> None:
    assert line in list(told(text))
    mended = respelled(text)
    assert toml.loads(mended) == says(mended) == says(text)
    assert changed is None or mended == changed


def test_what_is_lost_is_named_key_by_key() -> None:
    text = (
        '[[datasets]]\n[[datasets.subsets]]\nimage_dir = "a"\ncaption_prefix = """x\ny""" # why\n'
        'conditioning_data_dir = "m"\n[[datasets]]\nresolution = 512\n'
    )
    assert list(told(text)) == [
        "line 4: datasets[0].subsets[0].caption_prefix: the file says"
        ' "x\\ny", the trainer reads nothing',
        "line 6: datasets[0].subsets[0].conditioning_data_dir: the file says"
        ' "m", the trainer reads nothing',
        "line 8: datasets[1].resolution: the file says 512, the trainer reads nothing",
    ]


def test_long_values_are_shown_where_they_differ() -> None:
    start = "x" * 200
    (line,) = told(f'a = """{start} \ny"""\n')
    assert len(line) < 150
    assert 'xx \\ny", the trainer' in line
    assert line.endswith('xx\\ny"')


@pytest.mark.parametrize(
    ("one", "other"), [("nan", "nan"), ("-0.0", "0.0"), ("1_000", "1000"), ("0x1F", "31")]
)
def test_equal_things_are_not_called_different(one: str, other: str) -> None:
    assert misreads(f"a = {one}\nb = [{other}]\n") == []


def test_ends_of_lines_stay_as_they_are() -> None:
    text = 'a = 1\r\nb = """x\r\ny"""  # why\r\n\r\nc = 2\nd = 3'
    changed = respell(text, "toml-misread", "set.toml")
    assert changed == 'a = 1\r\n# why\r\nb = """x\r\ny"""\r\n\r\nc = 2\nd = 3'


def test_what_cannot_be_mended_is_refused_with_the_reason(tmp_path: Path) -> None:
    # Behind what is lost the trainer's parser would refuse an array of two types.
    config = Path(Folders(tmp_path).add("a.png").config())
    text = f'a = """x\ny"""  # why\nb = [1, 1.5]\n{config.read_text(encoding="utf-8")}'
    config.write_text(text, encoding="utf-8")
    told = all_of(run("check", config, "--fix"))
    assert "not mended [toml-misread]: line 1: a: read as the file says" in told
    assert "the trainer's parser refuses it: line 3: Not a homogeneous array" in told
    assert config.read_text(encoding="utf-8") == text


def written(tmp_path: Path, lines: str) -> Path:
    """Write a configuration of one subset with mask files, its folders spelled by hand."""
    folders = Folders(tmp_path).add("a.png")
    masks = json.dumps(str(folders.masks))
    config = tmp_path / "set.toml"
    text = f"[[datasets]]\nresolution = 128\n[[datasets.subsets]]\n{lines}\n"
    config.write_text(f"{text}conditioning_data_dir = {masks}\n", encoding="utf-8")
    return config


def findings(config: Path) -> dict[str, str]:
    document: dict[str, Any] = json.loads(run("check", config, "--format", "json").stdout)
    return {each["name"]: each["message"] for each in document["findings"]}


def test_a_windows_path_in_double_quotes_is_told_as_that(tmp_path: Path) -> None:
    config = written(tmp_path, 'image_dir = "D:\\new\\train"')
    found = findings(config)
    assert found["path-escapes"] == (
        'line 4: image_dir = "D:\\new\\train" holds a line break and a tab:'
        " backslashes in double quotes are escapes"
    )
    assert "directory-missing" not in found
    assert "[directory-missing]" not in all_of(run("check", config))
    told = all_of(run("check", config, "--fix"))
    assert "its Windows paths put in single quotes [path-escapes]" in told
    assert "\nimage_dir = 'D:\\new\\train'\n" in config.read_text(encoding="utf-8")
    assert "path-escapes" not in findings(config)
    (kept,) = tmp_path.glob("set.toml.maskprep-backup-*")
    assert 'image_dir = "D:\\new\\train"' in (kept / "set.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["D:\\data\\new", "C:\\Users\\me", "\\\\nas\\data", "D:\\data\\"])
def test_a_path_that_is_refused_is_told_and_mended(tmp_path: Path, path: str) -> None:
    config = written(tmp_path, f'image_dir = "{path}"  # mine')
    found = findings(config)
    because = f"backslashes in double quotes are escapes: write '{path}'"
    assert because in found["unparsable"]
    assert "path-escapes" in found
    run("check", config, "--fix")
    assert f"\nimage_dir = '{path}'  # mine\n" in config.read_text(encoding="utf-8")
    assert {"unparsable", "path-escapes"}.isdisjoint(findings(config))


@pytest.mark.parametrize(
    "inner",
    [
        "D:\\\\new\\train",
        "D:\\u00e9cole\\new",
        "train\\n",
        "sets/a\\new",
        'D:\\new\\"a',
        "D:\\\\new",
    ],
)
def test_what_could_be_meant_otherwise_is_left_to_the_owner(inner: str) -> None:
    assert meant(inner) is None


@pytest.mark.parametrize(
    "inner", ["D:\\new\\train", "\\\\nas\\new", "data\\train", "D:/a\\new", "D:\\it's\\new"]
)
def test_what_is_meant_is_read_back(inner: str) -> None:
    assert meant(inner) == inner
    text = f"image_dir = {quoted(inner)}\nb = 1\n"
    assert toml.loads(text) == says(text) == {"image_dir": inner, "b": 1}


def test_a_mixed_spelling_is_told_and_not_mended(tmp_path: Path) -> None:
    config = written(tmp_path, 'image_dir = "D:\\\\new\\train"')
    before = config.read_bytes()
    assert "holds a tab" in findings(config)["path-escapes"]
    assert "what is meant is not clear" in all_of(run("check", config, "--fix"))
    assert config.read_bytes() == before


def test_only_paths_are_looked_at() -> None:
    text = 'class_tokens = "a\\tb"\n[[datasets]]\n[[datasets.subsets]]\ncaption_prefix = "a\\nb"\n'
    assert escaped_paths(text, toml.loads(text)) == []
    refused = 'caption_prefix = "D:\\data"\n# image_dir = "D:\\data"\n'
    assert escaped_paths(refused, None) == []


def test_a_path_inside_another_string_is_not_mended() -> None:
    text = "a = '''\nimage_dir = \"D:\\data\"\n'''\nimage_dir = \"D:\\data\"\n"
    with pytest.raises(MaskprepError, match="line 2: is no key of its own"):
        restored(text)


def test_another_error_in_the_file_is_not_hidden(tmp_path: Path) -> None:
    config = written(tmp_path, 'image_dir = "D:\\data"\ncaption_prefix = "x')
    before = config.read_bytes()
    assert "does not parse for another reason, too" in all_of(run("check", config, "--fix"))
    assert config.read_bytes() == before


def test_paths_of_inline_tables_are_mended() -> None:
    text = 'datasets = [{ subsets = [{ image_dir = "D:\\new" }] }]\n'
    assert restored(text) == "datasets = [{ subsets = [{ image_dir = 'D:\\new' }] }]\n"


def test_json_is_told_and_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "set.json"
    config.write_text(
        '{"datasets": [{"resolution": 64, "subsets": [{"image_dir": "D:\\new"}]}]}', "utf-8"
    )
    name = "datasets[0].subsets[0].image_dir"
    assert findings(config)["path-escapes"].startswith(f"{name} = 'D:\\new' holds a line break")
    assert "is JSON: write its paths with / by hand" in all_of(run("check", config, "--fix"))


@pytest.mark.skipif(os.name == "nt", reason="no such names on Windows")
def test_a_folder_of_such_a_name_is_no_mistake(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    odd = tmp_path / "a\tb"
    folders.images.rename(odd)
    config = written(tmp_path / "other", f"image_dir = {json.dumps(str(odd))}")
    assert "path-escapes" not in findings(config)


def test_a_folder_on_the_command_line_is_not_lost_from_sight(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    result = run("check", folders.images, "--masks", f"{tmp_path}/a\tb", "--format", "json")
    found = {each["name"]: each for each in json.loads(result.stdout)["findings"]}
    assert "holds control characters" in found["path-escapes"]["message"]


@pytest.mark.parametrize(
    ("escape", "instead"), [("\\e", "\\u001b"), ("\\x41", "\\u0041"), ("\\\\\\xe9", "\\u00e9")]
)
def test_escapes_of_newer_toml_are_refused_as_the_trainer_does(
    tmp_path: Path, escape: str, instead: str
) -> None:
    config = written(tmp_path, f'image_dir = "a"\ncaption_prefix = "{escape}"')
    told = findings(config)["unparsable"]
    assert told.startswith("line 5, ")
    assert "is an escape of TOML 1.1, which the trainer's parser, toml 0.10.2," in told
    assert told.endswith(f"does not know: write {instead}")
    assert run("check", config).exit_code == 2


def test_other_backslashes_are_not_taken_for_newer_escapes(tmp_path: Path) -> None:
    config = written(tmp_path, "image_dir = 'a\\e' # \"\\e\"\nb = = 1")
    assert "TOML 1.1" not in findings(config)["unparsable"]


def test_a_backup_lies_in_no_folder_that_a_metadata_file_lists(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    listed = tmp_path / "listed.json"
    listed.write_text(json.dumps({str(folders.images / "a.png"): {"caption": "a"}}), "utf-8")
    config = tmp_path / "set.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\n"
        f"metadata_file = {json.dumps(str(listed))}\n",
        encoding="utf-8",
    )
    assert data_folders(open_dataset(str(config))) == [folders.images]
