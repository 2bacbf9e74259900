"""The command line tells what goes wrong with a run, and how to train it better."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from lepton_studio.cli import app
from lepton_studio.cli_hints import hint_rows, say_hints
from lepton_studio.engine.history import History
from lepton_studio.engine.runs import HISTORY, Run


@pytest.fixture
def diverged(trained_run: Run) -> Run:
    history = History()
    history.add_batches([1.4, 3.0, np.nan], [0.2] * 3, [1.0] * 3)
    history.save(trained_run.folder / HISTORY)
    trained_run.update(state="failed", diverged_at=3)
    return Run.open(trained_run.folder)


def test_a_run_is_shown_with_its_hints(diverged: Run) -> None:
    shown = CliRunner().invoke(app, ["runs", "show", diverged.id])
    assert shown.exit_code == 0
    assert "Hint: The loss is not a number since batch 3: the learning rate of 1 is too high." in shown.output
    assert "--set optimizer.learning_rate=0.001" in shown.output


def test_the_hints_are_in_the_json(diverged: Run) -> None:
    shown = CliRunner().invoke(app, ["runs", "show", diverged.id, "--json"])
    (hint,) = json.loads(shown.output)["hints"]
    assert (hint["rule"], hint["remedy"]) == ("not_a_number", "Lower the learning rate to 0.001")
    assert hint["settings"] == ["optimizer.learning_rate=0.001"]
    assert "higher up" in hint["why"]


def test_a_healthy_run_has_none(trained_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    trained_run.update(validation_size=1000)
    assert hint_rows(trained_run) == []
    say_hints(trained_run)
    assert capsys.readouterr() == ("", "")


def test_what_is_told_beside_a_result_goes_where_no_result_is(diverged: Run, capsys) -> None:
    say_hints(diverged)
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("Hint: The loss is not a number since batch 3")


def test_a_damaged_run_has_no_hints(trained_run: Run, tmp_path: Path) -> None:
    (trained_run.folder / "experiment.json").write_text("{", encoding="utf-8")
    shown = CliRunner().invoke(app, ["runs", "show", trained_run.id, "--json"])
    assert shown.exit_code == 0
    assert "hints" not in json.loads(shown.output)
