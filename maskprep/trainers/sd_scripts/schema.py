"""Which dataset configurations sd-scripts takes, and its own words for those it refuses.

*Source*: kohya-ss/sd-scripts v0.9.1 and v0.10.1, library/config_util.py, ConfigSanitizer, for
train_network and sdxl_train; truth: every configuration case. The check is voluptuous' own, as
in the trainer: its sentences, its order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import voluptuous as vol

from maskprep.errors import closest
from maskprep.model import ConfigIssue
from maskprep.trainers.sd_scripts.style import Style, style_of

Table = dict[Any, Any]


_PAIR_LENGTH = 2
_ONLY_UNMASKED = frozenset({"is_reg", "class_tokens", "alpha_mask"})
_MIXED_STYLES = (
    "DreamBooth subset and fine tuning subset cannot be mixed in the same dataset. "
    "Please split them into separate datasets."
)


def refusals(config: Any, masked_loss: bool, newer_keys: bool) -> tuple[ConfigIssue, ...]:
    """Check a configuration as the trainer's schema does.

    Parameters
    ----------
    config : object
        The parsed TOML or JSON.
    masked_loss : bool
        Whether ``--masked_loss`` is given.
    newer_keys : bool
        Whether the generation knows the keys of 0.10.

    Returns
    -------
    tuple of ConfigIssue
        The trainer's sentences, its first one first; empty where it takes the configuration.
    """
    schema = _Schema(newer_keys)
    try:
        schema.validator(masked_loss)(config)
    except vol.MultipleInvalid as refused:
        return tuple(_issue(error, config, masked_loss, schema) for error in refused.errors)
    except (AttributeError, TypeError) as crash:
        # Not a refusal but the trainer's own crash on a value where a table was expected.
        hint = "datasets and subsets are lists of tables: [[datasets]], [[datasets.subsets]]"
        return (ConfigIssue(f"{type(crash).__name__}: {crash}", "wrong-type", (), hint),)
    return ()


class _Schema:
    """The tables of keys for one generation."""

    def __init__(self, newer_keys: bool) -> None:
        number = vol.Any(float, int)
        self.dataset: Table = {
            "batch_size": int,
            "bucket_no_upscale": bool,
            "bucket_reso_steps": int,
            "enable_bucket": bool,
            "max_bucket_reso": int,
            "min_bucket_reso": int,
            "network_multiplier": float,
            "resolution": _one_or_two(int),
        }
        self.subset: Table = {
            "caption_dropout_every_n_epochs": int,
            "caption_dropout_rate": number,
            "caption_tag_dropout_rate": number,
            "caption_prefix": str,
            "caption_separator": str,
            "caption_suffix": str,
            "color_aug": bool,
            "enable_wildcard": bool,
            "face_crop_aug_range": _two(float),
            "flip_aug": bool,
            "keep_tokens": int,
            "keep_tokens_separator": str,
            "num_repeats": int,
            "random_crop": bool,
            "secondary_separator": str,
            "shuffle_caption": bool,
            "token_warmup_min": int,
            "token_warmup_step": number,
        }
        if newer_keys:
            self.dataset.update({"validation_seed": int, "validation_split": float})
            self.subset.update({"custom_attributes": dict, "resize_interpolation": str})
        captions: Table = {"caption_extension": str, "cache_info": bool}
        tokens: Table = {"class_tokens": str}
        folder: Table = {vol.Required("image_dir"): str}
        masks: Table = {vol.Required("conditioning_data_dir"): str}
        metadata: Table = {
            vol.Required("metadata_file"): str,
            "image_dir": str,
            "alpha_mask": bool,
        }
        alone: Table = {"is_reg": bool, "alpha_mask": bool}

        self.subsets: dict[Style, Table] = {
            Style.MASK_FILES: {**self.subset, **captions, **folder, **masks},
            Style.FINE_TUNING: {**self.subset, **metadata},
            Style.DREAMBOOTH: {**self.subset, **captions, **tokens, **folder, **alone},
        }
        inherited: dict[Style, Table] = {
            Style.MASK_FILES: captions,
            Style.FINE_TUNING: {},
            Style.DREAMBOOTH: {**captions, **tokens},
        }
        self.datasets: dict[Style, Table] = {
            style: {
                **self.dataset,
                **self.subset,
                **inherited[style],
                "subsets": [self.subsets[style]],
            }
            for style in Style
        }
        self.general: Table = {**self.dataset, **self.subset, **captions, **tokens}

    def validator(self, masked_loss: bool) -> Callable[[Any], Any]:
        def dataset(block: Any) -> Any:
            style = style_of(block.get("subsets", []), masked_loss)
            if style is None:
                raise vol.Invalid(_MIXED_STYLES)
            return vol.Schema(self.datasets[style])(block)

        whole: Callable[[Any], Any] = vol.Schema({"general": self.general, "datasets": [dataset]})
        return whole

    def levels_of(self, key: str) -> list[str]:
        """Where a key would be allowed."""
        tables = {
            "[general]": [self.general],
            "[[datasets]]": list(self.datasets.values()),
            "[[datasets.subsets]]": list(self.subsets.values()),
        }
        return [level for level, rows in tables.items() if any(_has(row, key) for row in rows)]

    def known_keys(self) -> list[str]:
        tables = [self.general, *self.datasets.values(), *self.subsets.values()]
        return sorted({str(key) for table in tables for key in table})


def _two(kind: type) -> Callable[[Any], Any]:
    exact: Callable[[Any], Any] = vol.Schema(vol.ExactSequence([kind, kind]))
    return exact


def _one_or_two(kind: type) -> Callable[[Any], Any]:
    # A function, not vol.Any itself: the trainer wraps it so, and the sentence depends on it.
    allowed = vol.Schema(vol.Any(kind, vol.ExactSequence([kind, kind])))

    def check(value: Any) -> Any:
        return allowed(value)

    return check


def _has(table: Mapping[Any, Any], key: str) -> bool:
    return any(str(known) == key for known in table)


def _issue(error: Any, config: Any, masked_loss: bool, schema: _Schema) -> ConfigIssue:
    keys = tuple(key.schema if isinstance(key, vol.Marker) else key for key in error.path)
    sentence = str(error)
    key = str(keys[-1]) if keys else ""
    if sentence.startswith("extra keys not allowed"):
        rule, hint = _explain_extra(keys, key, config, masked_loss, schema)
    elif sentence.startswith("required key not provided"):
        rule, hint = "missing-key", f"add {key} to this block"
    elif sentence.startswith(_MIXED_STYLES):
        rule = "mixed-subsets"
        hint = "give the subsets with metadata_file a [[datasets]] block of their own"
    else:
        rule, hint = "wrong-type", _found_value(keys, config)
    return ConfigIssue(sentence, rule, keys, hint)


def _found_value(keys: tuple[Any, ...], config: Any) -> str:
    value = config
    for key in keys:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return "give it a value of the type named"
    named = next((str(key) for key in reversed(keys) if isinstance(key, str)), "it")
    return f"{named} is {value!r}: give a value of the type named"


def _explain_extra(
    keys: tuple[Any, ...], key: str, config: Any, masked_loss: bool, schema: _Schema
) -> tuple[str, str]:
    in_subset = len(keys) > 3 and keys[0] == "datasets" and keys[2] == "subsets"
    subsets = config["datasets"][keys[1]]["subsets"] if in_subset else []
    if in_subset and key == "conditioning_data_dir":
        if not masked_loss:
            return "masked-loss-flag-needed", "start the trainer with --masked_loss"
        without = [place for place, each in enumerate(subsets) if key not in each]
        named = ", ".join(f"subsets[{place}]" for place in without) or "the subsets without it"
        return "mixed-subsets", f"give {named} a [[datasets]] block of their own: no {key} there"
    if in_subset and key in _ONLY_UNMASKED and style_of(subsets, masked_loss) is Style.MASK_FILES:
        return "forbidden-beside-masks", (
            f"take {key} out, or move this subset to a [[datasets]] block without mask files"
        )
    levels = schema.levels_of(key)
    if levels:
        return "unknown-key", f"move {key} to {' or '.join(levels)}"
    near = closest(key.strip(), schema.known_keys())
    return "unknown-key", f"rename it to {near}" if near else f"take {key} out"
