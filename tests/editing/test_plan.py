"""Plans: what is written where, where the originals go, and what never happens."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from maskprep.editing import plan
from maskprep.editing.plan import Carried, Destination, Made, Task, carry_out
from maskprep.errors import MaskprepError
from maskprep.files import write
from maskprep.files.write import standing
from maskprep.model import TrainingSet
from maskprep.running.parallel import WAS_ENDED, Threads
from tests.backups import originals
from tests.datasets import Folders, found
from tests.places import links, names_by_case

IN_PLACE = Destination(None)


def copying(content: bytes | None = b"new") -> Callable[[], Made[str]]:
    return lambda: Made(content, "a row")


def failing() -> Made[str]:
    raise MaskprepError("nothing to be made of it")


def masks_of(folders: Folders) -> list[str]:
    return sorted(str(path) for path in folders.masks.iterdir() if path.is_file())


def carried(
    folders: Folders,
    destination: Destination,
    make: Callable[[], Made[str]] | None = None,
    training_set: TrainingSet | None = None,
) -> Carried[str]:
    sources = masks_of(folders)
    targets = destination.targets(sources)
    tasks = [
        Task(source, target, make or copying())
        for source, target in zip(sources, targets, strict=True)
    ]
    return carry_out(tasks, training_set or found(folders.config()), destination)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.glob("**/*"))
        if path.is_file()
    }


def backups(root: Path) -> list[Path]:
    return sorted(
        path for path in root.glob("**/*") if re.search(r"\.maskprep-backup-\d", path.name)
    )


def test_in_place_originals_lie_beside_the_folder(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    original = (folders.masks / "a.png").read_bytes()
    done = carried(folders, IN_PLACE)
    assert (folders.masks / "a.png").read_bytes() == b"new"
    (backup,) = done.backups
    assert backup.parent == tmp_path
    assert backup.name.startswith("masks.maskprep-backup-")
    assert (backup / "a.png").read_bytes() == original
    assert [outcome.changed for outcome in done.outcomes] == [True, True]
    assert not done.failed


def test_a_second_run_keeps_the_first_backup(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    original = (folders.masks / "a.png").read_bytes()
    carried(folders, IN_PLACE, copying(b"first"))
    carried(folders, IN_PLACE, copying(b"second"))
    kept = [(folder / "a.png").read_bytes() for folder in backups(tmp_path)]
    assert sorted(kept) == sorted([original, b"first"])
    assert (folders.masks / "a.png").read_bytes() == b"second"


def test_a_backup_never_lies_in_a_data_folder(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    inner = folders.images / "sub" / "masks"
    inner.parent.mkdir()
    folders.masks.rename(inner)
    folders.masks = inner
    done = carried(folders, IN_PLACE)
    (backup,) = done.backups
    assert backup.parent == tmp_path
    assert backup.name.startswith("images.maskprep-backup-")
    assert list(originals(backup)) == ["sub/masks/a.png"]


def test_in_place_another_ending_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.png").rename(folders.masks / "a.jpg")
    original = (folders.masks / "a.jpg").read_bytes()
    done = carried(folders, IN_PLACE)
    assert tree(folders.masks) == {"a.png": b"new"}
    assert originals(done.backups[0]) == {"a.jpg": original}


def test_what_has_the_name_already_is_not_replaced(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.jpg").write_bytes(b"the one in use")
    before, training_set = tree(folders.masks), found(folders.config())
    task = Task(str(folders.masks / "a.jpg"), folders.masks / "a.png", copying())
    for destination in (IN_PLACE, Destination(None, dry_run=True)):
        done = carry_out([task], training_set, destination)
        assert done.failed[0].problem == "cannot become a.png: there is one already"
        assert tree(folders.masks) == before
        assert done.backups == ()


def test_of_two_files_for_one_target_the_one_with_its_name_wins(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "a.jpg").write_bytes(b"another picture")
    done = carried(folders, IN_PLACE)
    (problem,) = done.failed
    assert problem.source.endswith("a.jpg")
    assert "a.png is made of" in problem.problem
    assert tree(folders.masks)["a.jpg"] == b"another picture"
    assert tree(folders.masks)["a.png"] == b"new"


def test_names_that_differ_in_case_alone_are_one_target(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    tasks = [
        Task(str(folders.masks / name), tmp_path / "out" / f"{name}.png", copying())
        for name in ("X", "x")
    ]
    done = carry_out(tasks, found(folders.config()), Destination(tmp_path / "out"))
    assert len(done.failed) == 1
    assert len(tree(tmp_path / "out")) == 1


@names_by_case
def test_a_name_that_is_the_same_entry_in_another_case_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.png").rename(folders.masks / "a.Png")
    whole = write.write_whole

    def where_case_does_not_count(path: Path, content: bytes, *others: Any, **more: Any) -> None:
        whole(path, content, *others, **more)
        if path.parent == folders.masks:
            (folders.masks / "a.Png").unlink()
            os.link(path, folders.masks / "a.Png")

    monkeypatch.setattr(plan, "write_whole", where_case_does_not_count)
    task = Task(str(folders.masks / "a.Png"), folders.masks / "a.png", copying())
    assert not carry_out([task], found(folders.config()), IN_PLACE).failed
    assert set(tree(folders.masks)) == {"a.png", "a.Png"}


def test_unchanged_files_are_not_touched(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    before = standing(folders.masks / "a.png")
    done = carried(folders, IN_PLACE, copying(None))
    assert standing(folders.masks / "a.png") == before
    assert done.backups == ()
    assert not done.outcomes[0].changed
    assert backups(tmp_path) == []


@links
def test_a_symlink_gives_way_and_its_goal_stays(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    elsewhere = tmp_path / "elsewhere.png"
    (folders.masks / "a.png").rename(elsewhere)
    (folders.masks / "a.png").symlink_to(elsewhere)
    original = elsewhere.read_bytes()
    done = carried(folders, IN_PLACE)
    assert elsewhere.read_bytes() == original
    assert not (folders.masks / "a.png").is_symlink()
    assert (folders.masks / "a.png").read_bytes() == b"new"
    assert (done.backups[0] / "a.png").read_bytes() == original


def test_hard_links_elsewhere_keep_the_original(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    os.link(folders.masks / "a.png", tmp_path / "linked.png")
    original = (tmp_path / "linked.png").read_bytes()
    carried(folders, IN_PLACE)
    assert (tmp_path / "linked.png").read_bytes() == original


def test_a_failure_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    training_set = found(folders.config())
    out = tmp_path / "out"
    makes = [copying(), failing, copying()]
    sources = masks_of(folders)
    tasks = [
        Task(source, out / Path(source).name, make)
        for source, make in zip(sources, makes, strict=True)
    ]
    steps: list[None] = []
    done = carry_out(tasks, training_set, Destination(out), progress=lambda: steps.append(None))
    assert set(tree(out)) == {"a.png", "c.png"}
    assert [outcome.problem for outcome in done.outcomes] == ["", "nothing to be made of it", ""]
    assert len(steps) == 3


def test_where_no_backup_can_be_made_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path).add("a.png")
    before = tree(folders.masks)

    def refused(_: Path, *__: object, **___: object) -> None:
        raise PermissionError(13, "Permission denied")

    training_set = found(folders.config())
    monkeypatch.setattr(Path, "mkdir", refused)
    done = carried(folders, IN_PLACE, training_set=training_set)
    told = "no backup folder can be made beside it (Permission denied): use --output"
    assert told in done.failed[0].problem
    assert tree(folders.masks) == before


def test_existing_files_and_captions_are_refused_upfront(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    training_set, out = found(folders.config()), tmp_path / "out"
    caption = folders.images / "b.txt"
    tasks = [
        Task(str(folders.images / "a.png"), out / "a.png", copying()),
        Task(str(folders.images / "b.png"), out / "b.png", copying(), (str(caption),)),
    ]
    for there in ("b.png", "b.txt"):
        out.mkdir(exist_ok=True)
        (out / there).write_bytes(b"mine")
        for dry_run in (False, True):
            with pytest.raises(MaskprepError, match="add --overwrite"):
                carry_out(tasks, training_set, Destination(out, dry_run=dry_run))
        assert tree(out) == {there: b"mine"}
        (out / there).unlink()
    (out / "b.txt").write_bytes(b"mine")
    assert not carry_out(tasks, training_set, Destination(out, overwrite=True)).failed
    assert tree(out) == {"a.png": b"new", "b.png": b"new", "b.txt": b"a figure"}


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    training_set = found(folders.config())
    before = tree(tmp_path)
    for output in (None, tmp_path / "out"):
        done = carried(folders, Destination(output, dry_run=True), training_set=training_set)
        assert done.outcomes[0].changed
        assert done.backups == ()
    assert tree(tmp_path) == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "folder", ["masks", "images", "images/out", pytest.param("link", marks=links)]
)
def test_an_output_in_the_data_set_is_refused(folder: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    if folder == "link":
        (tmp_path / "link").symlink_to(folders.masks)
    training_set = found(folders.config())
    before = tree(tmp_path)
    with pytest.raises(MaskprepError, match="lies in the data set"):
        carried(folders, Destination(tmp_path / folder, overwrite=True), training_set=training_set)
    assert tree(tmp_path) == before


def test_an_output_that_holds_the_data_set_never_writes_into_it(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    destination = Destination(tmp_path, overwrite=True)
    sources = [str(folders.images / "a.png"), str(folders.masks / "a.png")]
    targets = destination.targets(sources)
    assert targets == [Path(source) for source in sources]
    tasks = [
        Task(source, target, copying()) for source, target in zip(sources, targets, strict=True)
    ]
    with pytest.raises(MaskprepError, match="lies in the data set"):
        carry_out(tasks, found(folders.config()), destination)


def test_targets_lie_to_each_other_as_their_sources_do(tmp_path: Path) -> None:
    sources = ["set/one/masks/a.jpg", "set/two/masks/a.tif"]
    targets = Destination(tmp_path).targets(sources)
    assert targets == [tmp_path / "one/masks/a.png", tmp_path / "two/masks/a.png"]
    assert Destination(tmp_path).targets(sources[:1]) == [tmp_path / "a.png"]
    assert IN_PLACE.targets(["masks/a.b.jpg"]) == [Path("masks/a.b.png")]


def test_an_unchanged_file_is_copied_to_the_output(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    done = carried(folders, Destination(tmp_path / "out"), copying(None))
    assert tree(tmp_path / "out") == tree(folders.masks)
    assert not done.outcomes[0].changed


def test_a_file_that_could_not_be_replaced_leaves_no_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path).add("a.png")
    before, training_set = tree(folders.masks), found(folders.config())

    def refused(path: Path, content: bytes, *_: Any, **__: Any) -> None:
        raise MaskprepError(f"{path}: cannot be written (disk full)")

    monkeypatch.setattr(plan, "write_whole", refused)
    done = carried(folders, IN_PLACE, training_set=training_set)
    assert "disk full" in done.failed[0].problem
    assert done.backups == ()
    assert backups(tmp_path) == []
    assert tree(folders.masks) == before


class _Losing:
    """Loses whoever works on the first item."""

    def in_order(
        self,
        items: Iterable[Any],
        work: Callable[[Any], Any],
        lost: Callable[[Any], Any] | None = None,
    ) -> Generator[Any, None, None]:
        assert lost is not None
        waiting = iter(items)
        yield lost(next(waiting))
        yield from map(work, waiting)


def test_a_process_that_is_gone_costs_its_own_file_only(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    original = (folders.masks / "a.png").read_bytes()
    tasks = [Task(each, Path(each), copying()) for each in masks_of(folders)]
    done = carry_out(tasks, found(folders.config()), IN_PLACE, executor=_Losing())
    assert [outcome.problem for outcome in done.outcomes] == [WAS_ENDED, ""]
    assert tree(folders.masks) == {"a.png": original, "b.png": b"new"}


class _Ending(_Losing):
    """Is gone after the first two items."""

    def in_order(
        self,
        items: Iterable[Any],
        work: Callable[[Any], Any],
        lost: Callable[[Any], Any] | None = None,
    ) -> Generator[Any, None, None]:
        yield from map(work, islice(items, 2))
        raise MaskprepError("tcp://host:1: the scheduler is gone")


def test_whoever_makes_contents_may_go_and_the_way_back_is_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for place in range(4):
        folders.add(f"{place}.png")
    before = tree(folders.masks)
    training_set, out = found(folders.config()), tmp_path / "out"
    copies = [Task(each, out / Path(each).name, copying()) for each in masks_of(folders)]
    with pytest.raises(MaskprepError, match=r"the scheduler is gone$"):
        carry_out(copies, training_set, Destination(out), executor=_Ending())
    tasks = [Task(each, Path(each), copying()) for each in masks_of(folders)]
    with pytest.raises(MaskprepError, match="the scheduler is gone; go back before") as refused:
        carry_out(tasks, training_set, IN_PLACE, executor=_Ending())
    (backup,) = backups(tmp_path)
    assert str(backup) in str(refused.value)
    changed = [name for name, content in tree(folders.masks).items() if content != before[name]]
    assert sorted(originals(backup)) == changed == ["0.png", "1.png"]


@pytest.mark.parametrize("workers", [1, 3])
def test_an_interrupt_tells_all_that_was_done(workers: int, tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for place in range(12):
        folders.add(f"{place}.png")
    tasks = [Task(each, Path(each), copying()) for each in masks_of(folders)]
    steps = iter([None, KeyboardInterrupt()])

    def interrupted() -> None:
        step = next(steps)
        if step is not None:
            raise step

    training_set = found(folders.config())
    with pytest.raises(plan.InterruptedPlanError) as broken_off:
        carry_out(tasks, training_set, IN_PLACE, progress=interrupted, executor=Threads(workers))
    changed = [each for each in masks_of(folders) if Path(each).read_bytes() == b"new"]
    assert 2 <= len(changed) < len(tasks)
    assert f"interrupted after {len(changed)} of 12 files; go back before a second run" in str(
        broken_off.value
    )
    assert [each.source for each in broken_off.value.carried.outcomes] == changed
    (backup,) = backups(tmp_path)
    assert sorted(originals(backup)) == sorted(Path(each).name for each in changed)
