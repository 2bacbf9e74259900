"""Whoever gets a run in a file sees of it what its owner sees; and nothing that only looks like one is let in."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from lepton_studio.engine import archives
from lepton_studio.engine.archives import archive_run, import_archive
from lepton_studio.engine.calibrating import STRANGER, calibrate
from lepton_studio.engine.calibration import Calibration, calibration_of
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.evaluation import Evaluation, evaluate
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.files import write_struct
from lepton_studio.engine.hint import hints_of
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.run_store import bundled_run, list_runs
from lepton_studio.engine.runs import CHECKPOINT, EXPERIMENT, FILES, HISTORY, RECORD, Run
from lepton_studio.engine.snapshots import read_snapshot, snapshots_of
from lepton_studio.engine.taught_runs import OUTCOME, Outcome, Score, outcome_of
from lepton_studio.engine.training import start_training

TAUGHT = Outcome("2026-01-01_00-00-00_other", ("a", "b"), Score(0, 2, 2), Score(), Score(9, 9, 10), "MNIST", 9, 1, 8, 2)


def many(count: int = 600) -> Samples:
    """So many noisy pictures that it can be measured how sure a network may be."""
    random = np.random.default_rng(5)
    labels = np.arange(count, dtype=np.int64) % 4
    images = random.integers(0, 90, (count, 1, 8, 8), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 90
    return Samples(images, labels, ("a", "b", "c", "d"), np.arange(count) >= count - 40)


@pytest.fixture
def owned(tiny_experiment: Experiment) -> Run:
    """A run with all that one may have: steered, taught, measured, it and a kept epoch of it."""
    samples = many()
    run = Run.create(tiny_experiment, "Mine")
    list(start_training(run, samples))
    write_struct(run.folder / OUTCOME, TAUGHT)
    run.update(taught_from=TAUGHT.taught_from)
    for each in (run, run.at_epoch(1)):
        list(calibrate(each, samples))
    row = {"weight": np.ones((1, 4), np.float32), "bias": np.zeros(1, np.float32)}
    save_file(row, run.folder / STRANGER)
    return run


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], None]:
    """Goes to the computer of the colleague, where nothing is yet."""
    return lambda: monkeypatch.setenv("LEPTON_STUDIO_HOME", str(tmp_path / "home of a colleague"))


def seen(run: Run) -> dict[str, Any]:
    """All that Evaluate, Draw and Train show of a run, as values that can be compared."""
    samples = many()
    found = [item for item in evaluate(run, samples) if isinstance(item, Evaluation)][-1]
    answer = Predictor(run).look(samples.images[:20])
    kept = [each.epoch for each in run.kept_epochs()]
    return {
        "record": msgspec.structs.asdict(run.record), "experiment": run.experiment, "changes": run.changes,
        "history": (run.history.epochs, run.history.batch_loss.tolist(), run.history.batch_end.tolist()),
        "confusion": found.confusion.tolist(), "logits": answer.logits.tolist(), "outcome": outcome_of(run),
        "doubts": doubts(run, answer), "kept": kept,
        "doubts of epochs": [doubts(run.at_epoch(epoch), answer) for epoch in kept],
        "answers of epochs": [Predictor(run.at_epoch(epoch)).look(samples.images).logits.tolist() for epoch in kept],
        "snapshots": [plain(read_snapshot(run.folder, epoch)) for epoch in snapshots_of(run.folder)],
        "hints": list(hints_of(run)),
    }  # fmt: skip


def doubts(run: Run, answer: Any) -> object:
    calibration = calibration_of(run)
    return calibration and (calibration.figures, calibration.threshold(), calibration.scores(answer).tolist())


def plain(snapshot: Any) -> str:
    return repr([(field.name, getattr(snapshot, field.name)) for field in fields(snapshot)])


def test_a_colleague_sees_of_a_run_what_its_owner_sees(owned: Run, moved: Callable[[], None], tmp_path: Path) -> None:
    mine = seen(owned)
    assert mine["doubts"] is not None
    assert mine["doubts of epochs"][0] is not None
    assert mine["outcome"] == TAUGHT
    archive_run(owned, tmp_path / "run.zip")
    moved()
    assert list_runs() == []
    theirs = import_archive(tmp_path / "run.zip")
    assert seen(theirs) == mine
    # Opened again, too, and sent on.
    archive_run(theirs, tmp_path / "again.zip")
    assert seen(Run.open(import_archive(tmp_path / "again.zip").folder)) == mine


def test_every_file_of_a_run_goes_along_but_its_lock(owned: Run, moved: Callable[[], None], tmp_path: Path) -> None:
    def files(run: Run) -> dict[str, bytes]:
        every = (path for path in run.folder.rglob("*") if path.is_file() and path.name not in ("lock", RECORD))
        return {path.relative_to(run.folder).as_posix(): path.read_bytes() for path in every}

    archive_run(owned, tmp_path / "run.zip")
    mine = files(owned)
    assert {"calibration.json", "epochs/calibration-00001.json", OUTCOME, STRANGER} <= mine.keys()
    moved()
    assert files(import_archive(tmp_path / "run.zip")) == mine


def test_the_shipped_network_keeps_its_doubts_in_an_archive(tmp_path: Path) -> None:
    archive_run(bundled_run(), tmp_path / "run.zip")
    come, shipped = calibration_of(import_archive(tmp_path / "run.zip")), calibration_of(bundled_run())
    assert isinstance(come, Calibration)
    assert isinstance(shipped, Calibration)
    assert come.figures == shipped.figures
    assert come.is_enough


def test_an_archive_of_an_older_program_is_read(owned: Run, moved: Callable[[], None], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "old.zip", "w", zipfile.ZIP_DEFLATED) as old:
        for name in (*FILES, "epochs/epoch-00001.safetensors", "watch/epoch-00002.safetensors"):
            old.write(owned.folder / name, name)
    moved()
    run = import_archive(tmp_path / "old.zip")
    assert run.history.epochs == owned.history.epochs
    assert [kept.epoch for kept in run.kept_epochs()] == [1]
    assert calibration_of(run) is None
    assert outcome_of(run) is None


@pytest.mark.parametrize(
    "name", ["calibration.json", "calibration.safetensors", STRANGER, "watch/epoch-00001.safetensors",
             "epochs/epoch-00001.safetensors", "epochs/calibration-00001.json"],
)  # fmt: skip
def test_what_counts_as_none_here_keeps_no_run_from_being_sent(owned: Run, tmp_path: Path, name: str) -> None:
    (owned.folder / name).write_bytes(b"{")
    archive_run(owned, tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert name not in archive.namelist()
    assert import_archive(tmp_path / "run.zip").history.epochs == owned.history.epochs


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff" * 40, b"\x10\0\0\0\0\0\0\0{}"], ids=range(4))
def test_a_run_without_good_weights_goes_into_no_archive(owned: Run, tmp_path: Path, content: bytes) -> None:
    owned.checkpoint.write_bytes(content)
    with pytest.raises(LeptonError, match=rf"'{owned.id}': {CHECKPOINT} is damaged") as refused:
        archive_run(owned, tmp_path / "run.zip")
    assert str(owned.folder) not in str(refused.value)
    assert not (tmp_path / "run.zip").exists()


def test_half_a_checkpoint_goes_into_no_archive(owned: Run, tmp_path: Path) -> None:
    content = owned.checkpoint.read_bytes()
    owned.checkpoint.write_bytes(content[: len(content) // 2])
    with pytest.raises(LeptonError, match="is damaged"):
        archive_run(owned, tmp_path / "run.zip")


@pytest.mark.parametrize("name", [EXPERIMENT, HISTORY, RECORD, OUTCOME])
def test_a_run_with_a_damaged_file_goes_into_no_archive(owned: Run, tmp_path: Path, name: str) -> None:
    (owned.folder / name).write_bytes(b"{")
    with pytest.raises(LeptonError, match=name):
        archive_run(owned, tmp_path / "run.zip")
    assert list(tmp_path.glob("*.zip")) == []


class Hostile:
    """A run in an archive, to be made worse."""

    def __init__(self, run: Run, path: Path) -> None:
        archive_run(run, path)
        self.path, self.whole = path, path.read_bytes()
        with zipfile.ZipFile(path) as file:
            self.files = {name: file.read(name) for name in file.namelist()}

    def written(self, files: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> Path:
        with zipfile.ZipFile(self.path, "w", method) as file:
            for name, content in (files or self.files).items():
                file.writestr(name, content)
        return self.path

    def refused(self, home: Path) -> str:
        """What is said when it is brought in; nothing may stay of it, here or elsewhere."""
        before = set(home.parent.rglob("*"))
        with pytest.raises(LeptonError) as error:
            import_archive(self.path)
        # The folder of runs may be new.
        assert set(home.parent.rglob("*")) - before <= {home, home / "runs"}
        return str(error.value)

    def refused_at(self, home: Path) -> tuple[str, int]:
        """The same, and the most bytes that were held meanwhile."""
        tracemalloc.start()
        try:
            return self.refused(home), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.fixture
def hostile(trained_run: Run, tmp_path: Path) -> Hostile:
    return Hostile(trained_run, tmp_path / "hostile.zip")


KNOWN_TRICKS = (
    "../x", "runs/../../x", "/x", "\\x", "C:/x", "epochs/../../x.json", "epochs/", "./run.json", "lock", "~/x",
    "epochs/epoch-00001.safetensors/../../x", "watch/calibration-00001.json", "run.json/x",
)  # fmt: skip
# Python writes none that is empty, ends at a zero, or cannot be said in UTF-8.
names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
) | st.sampled_from(KNOWN_TRICKS)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names, content=st.binary(max_size=50))
def test_no_other_name_writes_anything_anywhere(hostile: Hostile, home: Path, name: str, content: bytes) -> None:
    if name in hostile.files:
        return
    hostile.written(hostile.files | {name: content})
    assert "hostile.zip" in hostile.refused(home)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_archive_that_was_cut_off_is_refused(hostile: Hostile, home: Path, data: st.DataObject) -> None:
    content = hostile.whole
    hostile.path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert "hostile.zip" in hostile.refused(home)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([RECORD, EXPERIMENT, HISTORY, "changes.json", OUTCOME, "calibration.json", "labels.json"]),
    content=st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["version", "layers", "batch_loss", "epochs", "type", "name"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    ),
)
def test_json_of_any_other_meaning_is_refused_or_is_a_sound_run(hostile: Hostile, name: str, content: Any) -> None:
    hostile.written(hostile.files | {name: json.dumps(content).encode()})
    before = len(list_runs())
    try:
        run = import_archive(hostile.path)
    except LeptonError:
        assert len(list_runs()) == before
    else:
        assert Run.open(run.folder).record.state != "damaged"
        assert len(list_runs()) == before + 1


@pytest.mark.parametrize("name", ["run.json", "changes.json", "history.json"])
def test_nested_brackets_bring_nothing_down(hostile: Hostile, home: Path, name: str) -> None:
    hostile.written(hostile.files | {name: b"[" * 200_000 + b"]" * 200_000})
    assert name in hostile.refused(home)


@pytest.mark.parametrize("where", ["size", "place"])
def test_huge_sizes_in_a_header_are_refused_before_memory_is_taken(hostile: Hostile, home: Path, where: str) -> None:
    content = bytearray(hostile.written(method=zipfile.ZIP_STORED).read_bytes())
    at = content.rindex(b"PK\1\2")
    struct.pack_into("<I", content, at + (24 if where == "size" else 42), 0xFFFF_FFF0)
    hostile.path.write_bytes(content)
    said, highest = hostile.refused_at(home)
    assert "hostile.zip" in said
    assert highest < 64 * 1024**2


def test_a_directory_of_a_zip_that_is_no_end_is_not_read(hostile: Hostile, home: Path) -> None:
    with zipfile.ZipFile(hostile.path, "w") as file:
        for number in range(20_000):
            file.writestr(f"{number:03000}", b"")
    said, highest = hostile.refused_at(home)
    assert "its directory is too large" in said
    assert highest < 48 * 1024**2


def test_the_head_of_weights_that_is_too_large_is_not_read(hostile: Hostile, home: Path) -> None:
    head = json.dumps({"__metadata__": {str(n): "x" * 1000 for n in range(17_000)}}).encode()
    hostile.written(hostile.files | {CHECKPOINT: struct.pack("<Q", len(head)) + head}, zipfile.ZIP_STORED)
    assert "its head is too large" in hostile.refused(home)


def test_files_over_each_other_are_refused(hostile: Hostile, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "BOMB_BYTES", 200_000)
    monkeypatch.setattr(archives, "BOMB_RATIO", 5)
    hostile.written(hostile.files | {f"epochs/epoch-{n:05}.safetensors": bytes(9000) for n in range(50, 90)})
    assert "would unpack to" in hostile.refused(home)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_only_what_archives_are_packed_with_is_unpacked(hostile: Hostile, home: Path, method: int) -> None:
    hostile.written(method=method)
    assert "is packed in a way" in hostile.refused(home)


def test_names_given_twice_are_refused(hostile: Hostile, home: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(hostile.path, "a") as file:
        warnings.simplefilter("ignore")
        file.writestr("epochs/epoch-00001.safetensors", b"")
    assert "which no archive" in hostile.refused(home)


@pytest.mark.parametrize("name", ["calibration.json", "calibration.safetensors", STRANGER, OUTCOME, "labels.json"])
def test_what_is_damaged_among_the_rest_is_named(hostile: Hostile, home: Path, name: str) -> None:
    hostile.written(hostile.files | {name: b"{"})
    assert f"hostile.zip: {name}" in hostile.refused(home)


def test_a_network_of_endless_repeats_is_refused_at_once(hostile: Hostile, home: Path) -> None:
    experiment = json.loads(hostile.files[EXPERIMENT])
    layer: dict[str, Any] = {"type": "relu"}
    for _ in range(8):
        layer = {"type": "repeat", "times": 64, "layers": [layer]}
    experiment["architecture"]["layers"].insert(0, layer)
    hostile.written(hostile.files | {EXPERIMENT: json.dumps(experiment).encode()})
    assert "layers" in hostile.refused(home)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with a name")
def test_a_pipe_is_not_waited_for(hostile: Hostile, home: Path) -> None:
    hostile.path.unlink()
    os.mkfifo(hostile.path)
    assert "it is no file" in hostile.refused(home)


def test_only_small_pieces_are_read_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(archives.LARGEST_READ + 1))
    with archives._SmallReads(tmp_path / "large") as file:
        assert len(file.read(10)) == 10
        file.seek(0)
        with pytest.raises(ValueError, match="too large"):
            file.read()
        file.seek(0)
        with pytest.raises(ValueError, match="too large"):
            file.read(1 << 40)
