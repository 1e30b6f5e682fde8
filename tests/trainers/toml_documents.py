"""Valid TOML drawn from seeds, in the shape of dataset configurations."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_PLAIN = "abcdefgXYZ019_-/"
_ODD = _PLAIN + " .,[]{}=#'\"\\\tñ日"
_NUMBERS = (
    *("0", "1", "-3", "+7", "1_000", "0x1F", "0o17", "0b101", "0xdead_beef", "1.5", "-0.0"),
    *("6e-4", "1e3", "1_0.5", "inf", "-inf", "nan", "1E+2", "3.14e-2"),
)
_DATES = (
    *("1979-05-27T07:32:00Z", "1979-05-27T00:32:00-07:00", "1979-05-27 07:32:00", "1979-05-27"),
    *("1979-05-27T07:32:00.5", "1979-05-27T00:32:00.999999-07:00", "07:32:00", "07:32:00.999"),
)
_OF_SUBSETS = (
    *("image_dir", "conditioning_data_dir", "caption_prefix", "num_repeats", "class_tokens"),
    *("keep_tokens_separator", "is_reg", "flip_aug", "custom_attributes"),
)
_OF_DATASETS = (
    *("resolution", "batch_size", "enable_bucket", "min_bucket_reso", "caption_extension"),
)


def document(seed: int) -> str:
    """Draw one document; a seed in five has CRLF."""
    return _Drawn(random.Random(seed)).document()


class _Drawn:
    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.newline = "\r\n" if self.chance(0.2) else "\n"

    def chance(self, share: float) -> bool:
        return self.source.random() < share

    def pick(self, *choices: str) -> str:
        return self.source.choice(choices)

    def document(self) -> str:
        text = ""
        if self.chance(0.7):
            header = self.pick("[general]", "[ general ]", '["general"]')
            text += header + self.end() + self.block((*_OF_DATASETS, *_OF_SUBSETS))
        for _ in range(self.source.randint(0, 2)):
            text += self.pick("[[datasets]]", "[[ datasets ]]") + self.end()
            text += self.block(_OF_DATASETS) if self.chance(0.8) else ""
            for _ in range(self.source.randint(0, 2)):
                header = self.pick("[[datasets.subsets]]", '  [[datasets . "subsets"]]')
                text += header + self.end() + self.block(_OF_SUBSETS)
        return text.rstrip("\r\n") if self.chance(0.2) else text

    def block(self, keys: Sequence[str]) -> str:
        text = ""
        for name in self.source.sample(keys, self.source.randint(1, 4)):
            if self.chance(0.15):
                text += self.blank() + self.comment() + self.newline
            key = self.key(name)
            if self.chance(0.07):
                key += self.pick(".", " . ", ". ") + self.key("sub")
            text += self.pick("", "  ", "\t") + key + self.blank() + "=" + self.blank()
            text += self.value() + self.end()
        return text

    def key(self, name: str) -> str:
        return self.pick(*[name] * 8, f'"{name}"', f"'{name}'")

    def blank(self) -> str:
        return self.pick("", " ", " ", "\t", "  ")

    def comment(self) -> str:
        return "#" + self.word(12)

    def end(self) -> str:
        tail = self.blank() + self.comment() if self.chance(0.25) else ""
        return (tail or (self.blank() if self.chance(0.2) else "")) + self.newline

    def word(self, longest: int = 8) -> str:
        letters = _PLAIN if self.chance(0.5) else _ODD
        return "".join(self.source.choices(letters, k=self.source.randint(0, longest)))

    def value(self, depth: int = 0) -> str:
        kinds: list[Callable[[], str]] = [lambda: self.string(depth == 0)] * 10
        kinds += [lambda: self.pick(*_NUMBERS)] * 3 + [lambda: self.pick(*_DATES)]
        kinds += [lambda: self.pick("true", "false")] * 2 + [lambda: self.array(depth)] * 2
        kinds += [lambda: self.table(depth)] if depth < 2 else []
        return self.source.choice(kinds)()

    def string(self, several_lines: bool) -> str:
        kind, content = self.pick(*("\"'" * (2 if several_lines else 1))), self.word()
        triple = several_lines and self.chance(0.5)
        second = self.word() if triple and self.chance(0.5) else None
        if kind == '"':
            content, second = self.escaped(content), second and self.escaped(second)
            joint = self.pick(self.newline, f" {self.newline}", f"\\{self.newline}  ")
        else:
            content, second = content.replace("'", ""), second and second.replace("'", "")
            joint = self.pick(self.newline, f" {self.newline}")
        if second is not None:
            content = self.pick("", self.newline) + content + joint + second
        return f"{kind * 3}{content}{kind * 3}" if triple else f"{kind}{content}{kind}"

    def escaped(self, content: str) -> str:
        if self.chance(0.1):
            content += self.pick("\n", '"')
        short = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": self.pick("\t", "\\t")}
        return "".join(
            f"\\u{ord(each):04x}" if self.chance(0.03) else short.get(each, each)
            for each in content
        )

    def array(self, depth: int) -> str:
        kinds: list[Callable[[], str]] = [
            lambda: self.string(depth == 0 and self.chance(0.2)),
            lambda: self.pick("1", "2", "-3", "512"),
            lambda: self.pick("true", "false"),
        ]
        if depth == 0:
            kinds += [lambda: self.array(1), lambda: self.table(1)]
        kind = self.source.choice(kinds)
        items = [kind() for _ in range(self.source.randint(0, 4))]
        if depth == 0 and self.chance(0.25):
            return f"[{self.end()}" + "".join(f"  {each},{self.end()}" for each in items) + "]"
        between = f",{self.blank()}"
        trail = "," if items and self.chance(0.15) else ""
        return f"[{self.blank()}{between.join(items)}{trail}{self.blank()}]"

    def table(self, depth: int) -> str:
        names = self.source.sample(["a", "b", "image_dir", "x-y"], self.source.randint(0, 3))
        pairs = ", ".join(f"{self.key(each)} = {self.value(depth + 2)}" for each in names)
        return f"{{{self.blank()}{pairs}{self.blank()}}}"
