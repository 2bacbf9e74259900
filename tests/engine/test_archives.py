"""An archive carries a whole run, and nothing but a whole run comes in."""

from __future__ import annotations

import json
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lepton_studio import paths
from lepton_studio.engine import archive_checks, archives
from lepton_studio.engine.archives import archive_run, import_archive
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.history import Change
from lepton_studio.engine.regularisations.weight_average import WeightAverage
from lepton_studio.engine.run_store import list_runs
from lepton_studio.engine.runs import CHECKPOINT, EXPERIMENT, FILES, HISTORY, RECORD, Run
from lepton_studio.engine.snapshots import snapshots_of
from lepton_studio.engine.training import start_training

Alteration = Callable[[dict[str, bytes]], None]


@pytest.fixture
def archive(trained_run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "run.zip"
    archive_run(trained_run, path)
    return path


def rewritten(archive: Path, change: Alteration) -> Path:
    """The same archive with other files in it."""
    with zipfile.ZipFile(archive) as old:
        content = {name: old.read(name) for name in old.namelist()}
    change(content)
    path = archive.with_name("changed.zip")
    with zipfile.ZipFile(path, "w") as new:
        for name, data in content.items():
            new.writestr(name, data)
    return path


def with_json(file: str, /, **changes: object) -> Alteration:
    def change(content: dict[str, bytes]) -> None:
        content[file] = json.dumps(json.loads(content[file]) | changes).encode()

    return change


def drop_history(content: dict[str, bytes]) -> None:
    del content[HISTORY]


def assert_refused(path: Path, words: str) -> None:
    """Refused with words that say why, and nothing of it stays."""
    before = sorted(paths.runs().iterdir()) if paths.runs().is_dir() else []
    with pytest.raises(LeptonError, match=words):
        import_archive(path)
    assert (sorted(paths.runs().iterdir()) if paths.runs().is_dir() else []) == before
    assert not list(paths.home().glob(".import-*"))


def test_what_a_run_was_steered_by_averaged_and_kept_comes_along(tiny_experiment, tiny_samples, tmp_path) -> None:
    settings = msgspec.structs.replace(tiny_experiment.hyperparameters, regularisations=(WeightAverage(decay=0.5),))
    run = Run.create(msgspec.structs.replace(tiny_experiment, hyperparameters=settings))
    run.note_changes([Change(1, 0, 1.0, "learning_rate", 0.02, 0.01)])
    for _ in start_training(run, tiny_samples):
        pass
    archive_run(run, tmp_path / "run.zip")
    imported = import_archive(tmp_path / "run.zip")
    assert imported.changes == run.changes
    assert [kept.epoch for kept in imported.kept_epochs()] == [kept.epoch for kept in run.kept_epochs()] != []
    assert snapshots_of(imported.folder) == snapshots_of(run.folder) == (1, 2)
    answers, others = load_weights(imported.checkpoint), load_weights(run.checkpoint)
    assert all(torch.equal(answers[name], others[name]) for name in others)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("watch/epoch-00001.safetensors", b"nothing"),
        ("epochs/epoch-00001.safetensors", b"nothing"),
        ("epochs/../epoch-00001.safetensors", b"nothing"),
        ("epochs/epoch-1.safetensors", b"nothing"),
        ("epochs/epoch-00001.safetensors/x", b"nothing"),
        ("changes.json", b"{}x"),
    ],
)
def test_what_comes_along_is_looked_through(trained_run, tmp_path, name: str, content: bytes) -> None:
    archive_run(trained_run, tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as whole, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for member in whole.namelist():
            if member != name:
                bad.writestr(member, whole.read(member))
        bad.writestr(name, content)
    before = len(list_runs())
    with pytest.raises(LeptonError):
        import_archive(tmp_path / "bad.zip")
    assert len(list_runs()) == before


def test_an_imported_run_has_everything_but_the_id(trained_run: Run, archive: Path) -> None:
    run = import_archive(archive)
    assert run.id != trained_run.id
    assert run.folder.parent == paths.runs()
    assert run.record == trained_run.record
    assert run.experiment == trained_run.experiment
    assert run.history.epochs == trained_run.history.epochs
    assert run.checkpoint.read_bytes() == trained_run.checkpoint.read_bytes()


def test_an_archive_holds_the_files_of_a_run_and_no_lock(archive: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        epochs = [f"{part}/epoch-0000{epoch}.safetensors" for part in ("epochs", "watch") for epoch in (1, 2)]
        assert sorted(file.namelist()) == sorted([*FILES, *epochs])


def test_importing_twice_gives_two_runs(archive: Path) -> None:
    assert import_archive(archive).id != import_archive(archive).id


@pytest.mark.parametrize("state", ["running", "interrupted", "damaged"])
def test_a_run_that_was_not_ended_comes_in_as_interrupted(archive: Path, state: str) -> None:
    run = import_archive(rewritten(archive, with_json(RECORD, state=state)))
    assert run.record.state == "interrupted"
    assert json.loads((run.folder / RECORD).read_bytes())["state"] == "interrupted"


def test_an_imported_run_goes_on_where_the_other_stopped(
    tiny_experiment: Experiment, tiny_samples: Samples, tmp_path: Path
) -> None:
    run = Run.create(tiny_experiment, "Half")
    events = start_training(run, tiny_samples)
    for _ in range(4):
        next(events)
    events.close()  # type: ignore[attr-defined]
    archive_run(run, tmp_path / "half.zip")
    for one in (run, imported := import_archive(tmp_path / "half.zip")):
        list(start_training(one, tiny_samples))
    assert imported.record.test_accuracy == run.record.test_accuracy
    assert imported.history.batch_loss.tolist() == run.history.batch_loss.tolist()


def test_archiving_replaces_a_file_and_leaves_nothing_beside_it(trained_run: Run, tmp_path: Path) -> None:
    target = tmp_path / "folder" / "run.zip"
    target.parent.mkdir()
    target.write_text("old")
    archive_run(trained_run, target)
    assert zipfile.is_zipfile(target)
    assert list(target.parent.iterdir()) == [target]


def test_a_run_without_weights_is_not_archived(tiny_experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="Train it first"):
        archive_run(Run.create(tiny_experiment), tmp_path / "run.zip")
    assert not (tmp_path / "run.zip").exists()


def test_an_archive_that_cannot_be_written_leaves_the_old_one(
    trained_run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, names: list[str], file: object) -> None:
        raise OSError(28, "No space left on device")

    before = archive.read_bytes()
    monkeypatch.setattr(archives, "_write_zip", refuse)
    with pytest.raises(LeptonError, match="No space left"):
        archive_run(trained_run, archive)
    assert archive.read_bytes() == before
    assert not list(archive.parent.glob("*.part"))


@pytest.mark.parametrize(
    "name",
    ["../../evil", "/etc/evil", "C:\\evil", "..\\evil", "sub/run.json", "run.json/", "lock", "RUN.JSON"],
)
def test_any_other_name_is_refused(archive: Path, name: str) -> None:
    assert_refused(rewritten(archive, lambda content: content.update({name: b"x"})), "which no archive of a run does")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(archive: Path, name: str) -> None:
    def drop(content: dict[str, bytes]) -> None:
        del content[name]

    assert_refused(rewritten(archive, drop), f"has no {name}")


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(archive: Path, name: str) -> None:
    assert_refused(rewritten(archive, lambda content: content.update({name: content[name][:40]})), name)


def test_the_same_file_twice_is_refused(archive: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(archive, "a") as file:
        warnings.simplefilter("ignore")
        file.writestr(RECORD, b"{}")
    assert_refused(archive, "which no archive")


def test_a_link_is_refused(archive: Path) -> None:
    link = zipfile.ZipInfo(HISTORY)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = rewritten(archive, drop_history)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(link, "/etc/passwd")
    assert_refused(path, "no plain file")


def test_a_bomb_is_refused_before_it_is_unpacked(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "BOMB_BYTES", 10_000)
    path = rewritten(archive, drop_history)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(HISTORY, b" " * 1_000_000)
    assert_refused(path, "would unpack to 1,000,000 bytes")


def test_what_is_too_large_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_checks, "LARGEST_BYTES", 100)
    assert_refused(archive, f"{CHECKPOINT} would unpack")


@pytest.mark.parametrize("name", [RECORD, EXPERIMENT])
def test_an_archive_of_a_newer_version_says_so(archive: Path, name: str) -> None:
    newer = with_json(name, version=99, state="sleeping")
    assert_refused(rewritten(archive, newer), "newer Lepton Studio")


def test_weights_of_another_architecture_are_refused(archive: Path) -> None:
    def change(content: dict[str, bytes]) -> None:
        experiment = json.loads(content[EXPERIMENT])
        experiment["architecture"]["layers"][0]["channels"] = 5
        content[EXPERIMENT] = json.dumps(experiment).encode()

    assert_refused(rewritten(archive, change), "does not belong to the architecture")


def test_an_architecture_too_large_for_any_memory_is_refused_without_building_it(archive: Path) -> None:
    def change(content: dict[str, bytes]) -> None:
        experiment = json.loads(content[EXPERIMENT])
        wide = {"type": "linear", "outputs": 65_536}
        experiment["architecture"]["layers"] = [
            {"type": "flatten"},
            wide,
            wide,
            {"type": "linear", "outputs": 4},
        ]
        content[EXPERIMENT] = json.dumps(experiment).encode()

    assert_refused(rewritten(archive, change), "does not belong to the architecture")


@pytest.mark.parametrize("shape", [[], [1], [1, -8, 8], [1, 10**9, 10**9], [0, 8, 8]])
def test_a_senseless_input_shape_is_refused(archive: Path, shape: list[int]) -> None:
    assert_refused(rewritten(archive, with_json(RECORD, input_shape=shape)), "neither its pictures")


def test_control_characters_do_not_come_in_with_the_name(archive: Path) -> None:
    run = import_archive(rewritten(archive, with_json(RECORD, name="a\x1b[2Jb")))
    assert run.record.name == "a[2Jb"


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    assert_refused(tmp_path / "nowhere.zip", "nowhere.zip does not exist")


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    assert_refused(tmp_path, "could not be read")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_no_bytes_at_all_bring_down_the_import(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.zip"
    path.write_bytes(content)
    assert_refused(path, "any.zip")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_archive_comes_in_whole_or_not_at_all(archive: Path, data: st.DataObject) -> None:
    content = bytearray(archive.read_bytes())
    # The directory at the end and the texts are where a changed byte does the most.
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(len(content) // 2, len(content))) :]
    path = archive.with_name("damaged.zip")
    path.write_bytes(content)
    before = len(list_runs())
    try:
        run = import_archive(path)
    except LeptonError:
        assert len(list_runs()) == before
    else:
        assert Run.open(run.folder).record.state == "finished"
    assert not list(paths.home().glob(".import-*"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FILES), data=st.data())
def test_damage_inside_a_sound_zip_is_found(archive: Path, name: str, data: st.DataObject) -> None:
    def change(content: dict[str, bytes]) -> None:
        changed = bytearray(content[name])
        changed[data.draw(st.integers(0, min(len(changed), 2000) - 1))] = data.draw(st.integers(0, 255))
        content[name] = bytes(changed)

    path = rewritten(archive, change)
    before = len(list_runs())
    try:
        run = import_archive(path)
    except LeptonError:
        assert len(list_runs()) == before
    else:
        assert Run.open(run.folder).record.state != "damaged"
