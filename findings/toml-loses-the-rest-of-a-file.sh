#!/usr/bin/env bash
# toml 0.10.2 (the parser of kohya-ss/sd-scripts' dataset configurations).
# A blank or comment behind the closing """ of a string of several lines is valid TOML. toml takes
# that key away, and every key after it, in silence; a conforming parser (tomllib) reads them all.
# Seen: toml: ['first'], tomllib: ['first', 'second', 'third'].
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q toml==0.10.2 tomli==2.0.1
"$work/venv/bin/python" - <<'PY'
import toml
import tomli

document = 'first = 1\nsecond = """a\nb"""  # said twice\nthird = 3\n'
loose, strict = list(toml.loads(document)), list(tomli.loads(document))
print("toml:", loose, "tomli:", strict)
assert strict == ["first", "second", "third"]
assert loose == ["first"]
PY
