"""Anything may come through a door: what hypothesis draws is told in our own words, or taken."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maskprep.errors import harmless, printable
from maskprep.files import parsed
from tests.fuzz import targets

#: The same few examples in every run; ``make fuzz`` seeks new ones.
few = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_HUGE = st.sampled_from([10**30, -(10**400), "\0", "\ud800", "\x1b[31m", "../" * 9, [], {}, ""])
_VALUES = st.recursive(
    _PLAIN | _HUGE,
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=4), inside, max_size=3)
    ),
    max_leaves=6,
)
#: A configuration of each trainer, by its ending; `VALUE` is where anything stands.
_KEYS = {
    "sd-scripts": ("datasets", "general", "resolution", "subsets", "image_dir", "num_repeats"),
    "onetrainer": ("concepts", "path", "image", "text", "resolution", "model_type", "balancing"),
    "ai-toolkit": ("job", "config", "process", "datasets", "folder_path", "mask_path", "model"),
    "diffusion-pipe": ("directory", "path", "mask_path", "resolutions", "ar_buckets", "min_ar"),
    "simpletuner": ("id", "type", "dataset_type", "instance_data_dir", "conditioning_data"),
    "anima-lora-studio": ("data_dir", "reg_data_dir", "masked_loss", "resolution", "batch_size"),
}


def _documents(keys: tuple[str, ...]) -> st.SearchStrategy[object]:
    tables = st.deferred(lambda: st.dictionaries(st.sampled_from(keys), below, max_size=4))
    below: st.SearchStrategy[object] = st.deferred(
        lambda: _VALUES | tables | st.lists(tables, max_size=2)
    )
    return tables | st.lists(tables, max_size=2) | _VALUES


@pytest.mark.parametrize("name", targets.TARGETS)
@few
@given(data=st.binary(max_size=400))
def test_bytes(name: str, data: bytes) -> None:
    targets.TARGETS[name](data)


@pytest.mark.parametrize("trainer", _KEYS)
@few
@given(data=st.data())
def test_values_of_any_type_in_configurations(trainer: str, data: st.DataObject) -> None:
    said = data.draw(_documents(_KEYS[trainer]))
    place = [each.name for each in targets._trainers()].index(trainer)
    text = json.dumps(said).encode()
    targets.configuration(text, place, ".json")
    targets.configuration(text, place, ".yaml")  # which JSON mostly is


@few
@given(said=st.dictionaries(st.just("IMAGE") | st.text(max_size=4), _VALUES, max_size=3))
def test_values_of_any_type_in_caches(said: object) -> None:
    targets.cached(json.dumps(said).encode())


@few
@given(entries=st.lists(_VALUES | st.fixed_dictionaries({"rule": _VALUES, "path": _VALUES})))
def test_values_of_any_type_in_baselines(entries: object) -> None:
    targets.side_files(json.dumps({"findings": entries}).encode())


@few
@given(names=st.lists(st.text(min_size=1, max_size=12), max_size=8), number=st.integers(0, 5))
def test_names_of_any_signs_are_paired(names: list[str], number: int) -> None:
    text = "\n".join(f"{each}{end}" for each in names for end in (".png", ".txt", "-masklabel.png"))
    targets.pairing(bytes([number]) + text.encode("utf-8", "surrogatepass"))


@few
@given(text=st.text())
def test_what_is_printed_holds_no_control_characters(text: str) -> None:
    for made in (printable(text), harmless(text), parsed.json_text(text)):
        assert all(each >= " " and not "\x7f" <= each <= "\x9f" for each in made)
        assert not {"\u2028", "\u202e", "\u2066"} & set(made)
        made.encode("utf-8")


@few
@given(text=st.text())
def test_what_is_written_as_json_is_read_as_it_was(text: str) -> None:
    assert json.loads(parsed.json_text(text)) == text
    assert json.loads(parsed.json_text({"a": [text]}, indent=2)) == {"a": [text]}


@few
@given(name=st.binary(min_size=1, max_size=20).filter(lambda each: b"\0" not in each))
def test_names_of_any_bytes_are_made_harmless(name: bytes) -> None:
    harmless(os.fsdecode(name)).encode("utf-8")
