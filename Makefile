PYTHON ?= python
OLDEST := .venv-oldest
TRAINER := .venv-trainer

.PHONY: house check format lint types contracts test check-oldest check-trainer check-windows bench formats fuzz

# Everything that must hold before a commit lands.
check: format lint types contracts test

format:
	$(PYTHON) -m ruff format --check .

lint:
	$(PYTHON) -m ruff check .
	vermin --quiet --no-tips --target=3.10- --violations --eval-annotations maskprep

types:
	$(PYTHON) -m mypy

contracts:
	lint-imports

# Rooms by floor, with what each imports.
house:
	$(PYTHON) -m tests.house

test:
	$(PYTHON) -m pytest -n auto -q

# The tests again, on the oldest supported libraries (Python 3.10 or 3.11). What a browser makes of a
# page, and what a system does with signals, locks and kills, depends on none of them: the newest ones'
# run has these tests.
NO_BROWSER := --ignore-glob='*_in_browser.py'
NO_SYSTEM := --ignore=tests/cli/test_ending.py --ignore=tests/cli/test_hostile.py \
	--ignore=tests/editing/test_kill.py --ignore=tests/files/test_lock.py --ignore=tests/fuzz
check-oldest:
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install -q -c tests/constraints-oldest.txt ".[test]"
	$(OLDEST)/bin/python -m pytest -n auto -q $(NO_BROWSER) $(NO_SYSTEM)

# And on what the trainer pins: the rooms whose numbers and pictures hang on these libraries.
PINNED := annotations dataset editing masks mending raster rules tools trainers
check-trainer:
	$(PYTHON) -m venv $(TRAINER)
	$(TRAINER)/bin/python -m pip install -q -c tests/constraints-trainer.txt ".[test]"
	$(TRAINER)/bin/python -m pytest -n auto -q $(PINNED:%=tests/%)

# Feed each door with what atheris draws (pip install ".[fuzz]"); what it finds becomes a test.
RUNS ?= 100000
DOORS := decoding configurations pairing side-files cached
fuzz:
	for door in $(DOORS); do $(PYTHON) -m tests.fuzz $$door -runs=$(RUNS) || exit 1; done

# The tests on a Windows Python under Wine, laid out in build/windows: WINDOWS_TESTS chooses which.
WINDOWS := build/windows
WINDOWS_TESTS ?= tests
check-windows:
	PYTHON=$(PYTHON) tools/windows/build.sh $(WINDOWS)
	tools/windows/run.sh $(WINDOWS) -m pytest -n auto -q -p no:cacheprovider --timeout 300 $(NO_BROWSER) $(WINDOWS_TESTS)

# Measure, and bring docs/performance.md up to date; BENCH="--pairs 40 --rounds 2" for a first look.
bench:
	$(PYTHON) -m benchmarks.suite $(BENCH)

# Write files of every kind, read them with each of READ_BY, and lay out docs/formats.md.
FORMATS := build/formats
READ_BY ?= $(PYTHON)
formats:
	$(PYTHON) -m tools.formats write $(FORMATS)
	for python in $(READ_BY); do OPENCV_LOG_LEVEL=OFF $$python -W ignore -m tools.formats read $(FORMATS) || exit 1; done
	$(PYTHON) -m tools.formats page
