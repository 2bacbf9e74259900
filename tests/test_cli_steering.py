"""Changing a run from the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lepton_studio.engine.run_store import find_run, list_runs

# Four batches an epoch.
ARGUMENTS = (
    "train", "--architecture", "mlp", "--epochs", "2", "--set", "samples_per_epoch=200", "--set",
    "schedule.type=constant",
    "--device", "cpu", "--json",
)  # fmt: skip


@pytest.fixture
def run_cli(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a command line in this process; it must end with ``code``."""

    def run(*words: str, code: int = 0) -> Any:
        answer = ask(*words)
        assert answer.status == code, answer.err
        return answer

    return run


def test_a_training_changes_what_was_planned_when_its_epoch_comes(run_cli) -> None:
    result = run_cli(*ARGUMENTS, "--change", "1:learning_rate=0.0002", "--change", "1:batch_size=100")
    run = find_run(result.value["run"])
    assert [(change.epoch, change.field, change.after) for change in run.changes] == [
        (1, "learning_rate", 0.0002), (1, "batch_size", 100),
    ]  # fmt: skip
    assert len(run.history) == 4 + 2
    assert "learning_rate 0.001 -> 0.0002" in result.err


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("learning_rate=1", "is no change"),
        ("x:epochs=3", "is no change"),
        ("1:momentum=0.5", "changes nothing"),
        ("1:colour=3", "changes nothing"),
        ("1:batch_size=0", "batch_size"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_and_no_run_stays(run_cli, text: str, answer: str) -> None:
    result = run_cli(*ARGUMENTS, "--change", text, code=2)
    assert answer in result.err
    assert list_runs() == []


def test_a_finished_run_trains_longer(run_cli) -> None:
    name = run_cli(*ARGUMENTS).value["run"]
    assert "nothing left" in run_cli("resume", name, code=2).err
    assert "not more than" in run_cli("resume", name, "--epochs", "2", code=2).err
    result = run_cli("resume", name, "--epochs", "3", "--json").value
    assert [row["epoch"] for row in result["epochs"]] == [1, 2, 3]
    assert "too late" in run_cli("resume", name, "--epochs", "4", "--change", "1:epochs=9", code=2).err


def test_a_training_that_diverges_says_how_to_go_on_and_does(run_cli) -> None:
    words = ("--optimizer", "sgd", "--epochs", "4", "--change", "1:learning_rate=10")
    failed = run_cli(*ARGUMENTS, *words, code=2)
    assert "not a number since batch" in failed.err
    (run,) = list_runs()
    command = f"lepton-studio resume {run.id} --change {run.record.epochs_done}:learning_rate=X"
    assert command in failed.err
    # The next change at the same place is the one that counts.
    again = command.replace("=X", "=0.01").split()[1:]
    result = run_cli(*again, "--json").value
    assert len(result["epochs"]) == 4


def test_a_kept_epoch_is_evaluated_by_its_number(run_cli) -> None:
    name = run_cli(*ARGUMENTS).value["run"]
    first, last, newest = (
        run_cli("evaluate", f"{name}{epoch}", "--json").value["accuracy"] for epoch in ("@1", "@2", "")
    )
    assert first != last == newest
    assert "Kept are: 1, 2." in run_cli("evaluate", f"{name}@9", code=2).err
    assert "no run called" in run_cli("evaluate", "nobody@1", code=2).err
    # What is over is looked at and left alone.
    assert "cannot be deleted" in run_cli("runs", "delete", f"{name}@1", "--yes", code=2).err
    assert "is over" in run_cli("resume", f"{name}@1", "--epochs", "3", code=2).err
    assert len(list_runs()) == 1
