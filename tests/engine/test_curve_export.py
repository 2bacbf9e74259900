"""The numbers of a run as a table: all of them, in their order, to the last bit."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepton_studio.engine.curve_export import COLUMNS, CurvesExported, export_curves
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.history import Change, EpochRow
from lepton_studio.engine.run_records import newest_records
from lepton_studio.engine.runs import RECORD, Run

ROWS = (EpochRow(1, 2.5, 0.25, 2.25, 0.3, 1.5), EpochRow(2, math.nan, 0.5, 1 / 3, 0.6, 2.0))


@pytest.fixture
def run(tiny_experiment: Experiment) -> Run:
    """Two epochs of four batches, the second of three, one without a number, with two changes."""
    made = Run.create(tiny_experiment, "Numbers")
    random = np.random.default_rng(2)
    losses = random.random(7).astype(np.float32)
    losses[5], losses[6] = np.nan, np.inf
    ends = [0.25, 0.5, 0.75, 1.0, 4 / 3, 5 / 3, 2.0]
    made.history.add_batches(losses, random.random(7).astype(np.float32), [0.1] * 4 + [np.nan] * 3, ends)
    for row in ROWS:
        made.history.add_epoch(row)
    made.changes = (Change(0, 2, 0.5, "learning_rate", 0.1, 0.05), Change(1, 0, 1.0, "batch_size", 64, 96))
    return made


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def export(run: Run, path: Path, **options: Any) -> CurvesExported:
    *progress, result = export_curves(run, path, **options)
    assert all(isinstance(each, Progress) for each in progress)
    assert isinstance(result, CurvesExported)
    return result


def test_every_number_of_a_batch_is_read_back_to_the_last_bit(run: Run, tmp_path: Path) -> None:
    export(run, tmp_path / "run.csv")
    batches = [row for row in read(tmp_path / "run.csv") if row["kind"] == "batch"]
    history = run.history
    for column, numbers in (("train_loss", history.batch_loss), ("train_accuracy", history.batch_accuracy)):
        np.testing.assert_array_equal(np.array([row[column] for row in batches], np.float32), numbers)
    assert [float(row["epoch"]) for row in batches] == history.batch_end.tolist()
    assert [row["batch"] for row in batches] == [str(each) for each in range(1, 8)]
    assert [row["learning_rate"] for row in batches] == ["0.1"] * 4 + [""] * 3


def test_epochs_stand_behind_their_last_batch_and_changes_before_the_next(run: Run, tmp_path: Path) -> None:
    result = export(run, tmp_path / "run.csv")
    rows = read(tmp_path / "run.csv")
    words = [row["kind"] + (row["batch"] if row["kind"] == "batch" else "") for row in rows]
    assert words == [
        "batch1", "batch2", "change", "batch3", "batch4", "epoch", "change", "batch5", "batch6", "batch7", "epoch",
    ]  # fmt: skip
    assert (result.batches, result.epochs, result.changes) == (7, 2, 2)
    epochs = [row for row in rows if row["kind"] == "epoch"]
    assert float(epochs[1]["validation_loss"]) == ROWS[1].validation_loss
    assert [epochs[1]["train_loss"], epochs[1]["batch"], epochs[1]["seconds"]] == ["nan", "", "2.0"]
    change = rows[2]
    assert [change["changed"], change["before"], change["after"]] == ["learning_rate", "0.1", "0.05"]
    assert tuple(change) == COLUMNS


@pytest.mark.parametrize(("rows", "kinds"), [("batches", {"batch"}), ("epochs", {"epoch"})])
def test_one_kind_of_rows_alone_can_be_had(run: Run, tmp_path: Path, rows: str, kinds: set[str]) -> None:
    result = export(run, tmp_path / "run.csv", rows=rows)
    assert {row["kind"] for row in read(tmp_path / "run.csv")} == kinds
    assert result.changes == 0


def test_many_batches_say_how_far_they_are(run: Run, tmp_path: Path) -> None:
    run.history.add_batches(np.ones(20_000, np.float32), np.ones(20_000, np.float32))
    *progress, _ = export_curves(run, tmp_path / "run.csv")
    assert [each.done for each in progress if isinstance(each, Progress)] == [0, 5_000, 10_000, 15_000, 20_000]
    assert len(read(tmp_path / "run.csv")) == 20_007 + 4


def test_closing_it_half_way_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    writing = export_curves(run, tmp_path / "run.csv")
    next(writing)
    writing.close()  # type: ignore[attr-defined]
    assert list(tmp_path.glob("*.csv")) == list(tmp_path.glob(".*part")) == []


def test_a_run_without_numbers_says_so(tiny_experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="no numbers yet"):
        list(export_curves(Run.create(tiny_experiment, "New"), tmp_path / "run.csv"))
    assert not (tmp_path / "run.csv").exists()


def test_the_newest_records_come_first_without_what_is_damaged(tiny_experiment: Experiment) -> None:
    runs = [Run.create(tiny_experiment, name) for name in ("One", "Two", "Three")]
    (runs[1].folder / RECORD).write_text("{")
    names = {record.name for _, record in newest_records(9)}
    assert names == {"One", "Three"}
    ((id_, record),) = newest_records(1)
    assert id_ == max(runs[0].id, runs[2].id)
    assert record.state == "running"
