"""The store of runs: found, listed and deleted, whatever the files say."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lepton_studio import paths
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.run_store import delete_run, find_run, list_runs
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training


def change_record(run: Run, **changes: Any) -> None:
    path = run.folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_new_run_has_a_folder_that_says_when_and_what(tiny_experiment, home: Path) -> None:
    run = Run.create(tiny_experiment, "My first Net!")
    assert run.folder.parent == home / "runs"
    assert run.id == run.folder.name
    date, time, slug = run.id.split("_")
    assert slug == "my-first-net"
    assert run.record.created.startswith(date)
    assert time.replace("-", ":") in run.record.created
    assert sorted(path.name for path in run.folder.iterdir()) == ["experiment.json", "run.json"]
    assert json.loads((run.folder / "run.json").read_text())["state"] == "running"


def test_a_run_without_a_name_is_called_like_its_architecture(tiny_experiment) -> None:
    assert Run.create(tiny_experiment).record.name == "Tiny"


@pytest.mark.parametrize("name", ["../../etc", "/", "Größe", "数字", "a" * 500, "con", "a/b\\c:d", "\n"])
def test_any_name_makes_a_folder_inside_the_store(tiny_experiment, name: str, home: Path) -> None:
    run = Run.create(tiny_experiment, name)
    assert run.folder.parent == home / "runs"
    assert Run.open(run.folder).record.name == name
    assert len(run.id) < 80


def test_runs_of_the_same_second_get_folders_of_their_own(tiny_experiment) -> None:
    runs = [Run.create(tiny_experiment, "Same") for _ in range(5)]
    assert len({run.folder for run in runs}) == 5
    assert len(list_runs()) == 5


def test_a_run_is_opened_as_it_was(trained_run: Run) -> None:
    opened = Run.open(trained_run.folder)
    assert opened.record == trained_run.record
    assert opened.experiment == trained_run.experiment
    assert opened.history.epochs == trained_run.history.epochs
    assert opened.history.batch_loss.tobytes() == trained_run.history.batch_loss.tobytes()


def test_a_run_that_was_never_started_opens_as_interrupted(tiny_experiment) -> None:
    run = Run.create(tiny_experiment)
    assert Run.open(run.folder).record.state == "interrupted"
    assert Run.open(run.folder).history.epochs == ()


def test_a_run_that_cannot_be_written_leaves_nothing(tiny_experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(LeptonError, match="No space left"):
            Run.create(tiny_experiment)
    assert list_runs() == []


def test_a_home_that_is_a_file_is_named(tiny_experiment, home: Path) -> None:
    home.write_text("not a folder")
    with pytest.raises(LeptonError) as caught:
        Run.create(tiny_experiment)
    assert str(home) in caught.value.what
    assert list_runs() == []


def test_the_list_is_empty_where_nothing_was_trained() -> None:
    assert list_runs() == []


def test_the_list_has_the_newest_first_and_no_stray_files(tiny_experiment, home: Path) -> None:
    for name in ("2026-01-01_00-00-00_a", "2026-03-01_00-00-00_b", "2026-02-01_00-00-00_c"):
        Run.create(tiny_experiment, name[-1]).folder.rename(home / "runs" / name)
    (home / "runs" / "stray.txt").write_text("x")
    assert [run.record.name for run in list_runs()] == ["b", "c", "a"]


@pytest.mark.parametrize("file", ["run.json", "experiment.json", "history.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_damaged_file_puts_the_run_in_the_list_as_damaged(
    trained_run: Run, tiny_experiment, file: str, content: bytes
) -> None:
    other = Run.create(tiny_experiment, "Other")
    (trained_run.folder / file).write_bytes(content)
    with pytest.raises(LeptonError, match=file.replace(".", r"\.")):
        Run.open(trained_run.folder)
    states = {run.id: run.record for run in list_runs()}
    assert states[trained_run.id].state == "damaged"
    assert file in states[trained_run.id].error
    assert states[other.id].state == "interrupted"


@pytest.mark.parametrize("file", ["run.json", "experiment.json"])
def test_a_missing_file_puts_the_run_in_the_list_as_damaged(trained_run: Run, file: str) -> None:
    (trained_run.folder / file).unlink()
    (listed,) = list_runs()
    assert (listed.id, listed.record.state) == (trained_run.id, "damaged")
    delete_run(listed)
    assert list_runs() == []


def test_a_run_from_a_newer_version_says_so_whatever_else_is_in_it(trained_run: Run) -> None:
    change_record(trained_run, version=2, state="hibernating", parameters="many")
    with pytest.raises(LeptonError, match="newer Lepton Studio") as caught:
        Run.open(trained_run.folder)
    assert caught.value.remedy == "Update Lepton Studio."


def test_a_record_with_more_fields_than_known_is_read(trained_run: Run) -> None:
    change_record(trained_run, flavour="new")
    assert Run.open(trained_run.folder).record == trained_run.record


@given(content=st.binary(max_size=120) | st.text(max_size=60).map(str.encode))
def test_any_bytes_of_a_record_are_a_run_or_one_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    (folder / "run.json").write_bytes(content)
    with pytest.raises(LeptonError):
        # Without an experiment beside it, it is no run, whatever the record says.
        Run.open(folder)


@given(
    field=st.sampled_from(["state", "name", "class_names", "input_shape", "test_accuracy", "versions", "version"]),
    value=st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_value_in_a_record_is_read_or_refused_in_words(tiny_experiment, field: str, value: Any) -> None:
    run = Run.create(tiny_experiment)
    change_record(run, **{field: value})
    try:
        assert isinstance(Run.open(run.folder), Run)
    except LeptonError as error:
        assert str(run.folder) in error.what  # noqa: PT017 - either outcome is right
    assert run.id in {listed.id for listed in list_runs()}
    delete_run(run)


def test_a_run_is_found_by_its_id_its_name_and_its_path(trained_run: Run, tmp_path: Path) -> None:
    for name in (trained_run.id, "Trained", str(trained_run.folder)):
        assert find_run(name).folder == trained_run.folder
    moved = tmp_path / "elsewhere"
    trained_run.folder.rename(moved)
    assert find_run(str(moved)).record.name == "Trained"


def test_a_name_that_two_runs_have_is_answered_with_their_ids(tiny_experiment) -> None:
    runs = [Run.create(tiny_experiment, "Twin") for _ in range(2)]
    with pytest.raises(LeptonError, match="More than one run is called 'Twin'") as caught:
        find_run("Twin")
    assert all(run.id in caught.value.remedy for run in runs)
    assert find_run(runs[1].id).folder == runs[1].folder


@pytest.mark.parametrize("name", ["nobody", "", ".", "..", "/", "a\0b", "x" * 5000, "run.json"])
def test_a_name_that_no_run_has_is_refused_in_words(trained_run: Run, name: str) -> None:
    with pytest.raises(LeptonError, match="There is no run called"):
        find_run(name)


def test_a_damaged_run_that_is_asked_for_says_what_is_wrong(trained_run: Run) -> None:
    (trained_run.folder / "run.json").write_text("{")
    with pytest.raises(LeptonError, match=r"run\.json is not valid JSON"):
        find_run(trained_run.id)


def test_a_deleted_run_is_gone(trained_run: Run) -> None:
    delete_run(trained_run)
    assert not trained_run.folder.exists()
    assert list_runs() == []


def test_a_running_run_is_not_deleted(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    next(events)
    with pytest.raises(LeptonError, match="is being trained"):
        delete_run(run)
    assert run.folder.exists()
    events.close()
    delete_run(run)
    assert not run.folder.exists()


def test_a_run_outside_the_store_is_not_deleted(trained_run: Run, tmp_path: Path) -> None:
    shipped = tmp_path / "models" / "pen_net"
    shipped.parent.mkdir()
    trained_run.folder.rename(shipped)
    with pytest.raises(LeptonError, match="cannot be deleted"):
        delete_run(Run.open(shipped))
    assert shipped.exists()


def test_a_run_that_was_deleted_meanwhile_cannot_be_trained(trained_run: Run, tiny_samples) -> None:
    delete_run(trained_run)
    with pytest.raises(LeptonError, match="is not there any more"):
        next(start_training(trained_run, tiny_samples))
    assert not trained_run.folder.exists()


def test_an_update_is_on_the_disk_at_once(trained_run: Run) -> None:
    trained_run.update(name="Renamed")
    assert Run.open(trained_run.folder).record == msgspec.structs.replace(trained_run.record, name="Renamed")
    assert find_run("Renamed").id == trained_run.id


def test_runs_lie_under_the_home_that_is_set(tiny_experiment, home: Path) -> None:
    assert paths.runs() == home / "runs"
    Run.create(tiny_experiment)
    assert [path.name for path in home.iterdir()] == ["runs"]


def test_a_store_that_may_not_be_looked_into_is_named(tiny_experiment, home: Path, monkeypatch) -> None:
    def refuse(self: Path) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "iterdir", refuse)
    for asked in (list_runs, lambda: Run.create(tiny_experiment)):
        with pytest.raises(LeptonError) as caught:
            asked()
        assert str(home / "runs") in caught.value.what


def test_a_run_that_is_just_being_made_is_not_taken_for_a_damaged_one(trained_run: Run) -> None:
    beside = trained_run.folder.parent / "2026-01-01_00-00-00_coming"
    beside.mkdir()
    (beside / "experiment.json").write_bytes((trained_run.folder / "experiment.json").read_bytes())
    assert [run.id for run in list_runs()] == [trained_run.id]
    # One with weights has lost its record, and people must see that.
    (beside / "checkpoint.safetensors").write_bytes(trained_run.checkpoint.read_bytes())
    assert [run.record.state for run in list_runs()] == ["finished", "damaged"]
