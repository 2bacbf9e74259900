"""``lepton-studio queue``: what it writes where, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from lepton_studio import paths
from lepton_studio.engine.experiment import default_experiment, with_setting
from lepton_studio.engine.run_queue import RunQueue
from lepton_studio.engine.runs import Run

# Two epochs of ten steps, which take a moment.
QUICK = (
    "--architecture", "mlp", "--set", "augmentations=[]", "--set", "samples_per_epoch=320", "--batch-size", 32,
    "--epochs", 2, "--device", "cpu", "--precision", "float32",
)  # fmt: skip


Ask = Callable[..., Any]


@pytest.fixture
def ask(ask: Ask) -> Ask:
    """Runs a command of the queue in this process."""
    return partial(ask, "queue")


def states() -> list[str]:
    return [entry.state for entry in RunQueue().entries]


def test_an_experiment_is_added_with_the_options_of_a_training(ask: Ask) -> None:
    answer = ask("add", *QUICK, "--seed", 7, "--optimizer", "sgd", "--name", "Mine", "--json")
    assert answer.status == 0
    (row,) = answer.value
    assert (row["id"], row["name"], row["state"], row["seed"], row["epochs"]) == (1, "Mine", "waiting", 7, 2)
    (entry,) = RunQueue().entries
    assert entry.experiment.hyperparameters.batch_size == 32
    assert type(entry.experiment.hyperparameters.optimizer).tag() == "sgd"


def test_what_cannot_be_trained_is_refused_when_it_is_added(ask: Ask) -> None:
    assert ask("add", *QUICK, "--optimizer", "sgdd").status == 2
    assert ask("add", *QUICK, "--device", "mps").status == 2
    assert ask("add", *QUICK, "--repeat", 0).status == 2
    assert RunQueue().entries == ()


def test_repeats_are_trained_and_their_spread_is_told(ask: Ask) -> None:
    assert [row["seed"] for row in ask("add", *QUICK, "--repeat", 2, "--name", "Mine", "--json").value] == [0, 1]
    answer = ask("run", "--json")
    assert answer.status == 0
    assert "run 2 of 2: Mine, seed 1" in answer.err
    assert "epoch 2 of 2" in answer.err
    value = answer.value
    assert [row["state"] for row in value["entries"]] == ["done", "done"]
    accuracies = [row["test_accuracy"] for row in value["entries"]]
    (group,) = value["groups"]
    assert group["group"] == "Mine"
    assert group["runs"] == [row["run"] for row in value["entries"]]
    assert group["test_accuracy"]["mean"] == pytest.approx(sum(accuracies) / 2)
    assert value["left"] == 0
    curves = ask("spread", "Mine", "--json").value["curves"]
    assert curves["validation_loss"]["epochs"] == [1, 2]
    assert curves["train_accuracy"]["counts"] == [2, 2]
    table = ask("spread", "Mine")
    assert "±" in table.out
    assert "over 2 runs" in table.out


def test_the_list_says_how_things_stand_and_how_long_it_takes(ask: Ask) -> None:
    empty = ask("list")
    assert "queue add" in empty.err
    assert ask("list", "--json").value == []
    queue = RunQueue()
    experiment = with_setting(default_experiment(), "epochs", "10")
    queue.put(queue.add(experiment, "First").id, state="done", epochs_done=10, seconds=120.0, test_accuracy=0.9871)
    queue.add(experiment, "Second")
    listed = ask("list")
    assert "98.71 %" in listed.out
    assert "1 to do, about 2 min" in listed.err


def test_one_that_fails_is_told_and_shows_in_the_exit_status(ask: Ask) -> None:
    queue = RunQueue()
    queue.add(with_setting(default_experiment(), "device", "mps"), "Nowhere")
    ask("add", *QUICK)
    answer = ask("run", "--json")
    assert answer.status == 2
    assert "Nowhere failed" in answer.err
    assert "Traceback" not in answer.err
    assert [row["state"] for row in answer.value["entries"]] == ["failed", "done"]
    # What was settled before is nothing of the next call.
    ask("add", *QUICK)
    again = ask("run", "--json")
    assert again.status == 0
    assert [row["id"] for row in again.value["entries"]] == [3]
    assert ask("retry", 1, "--json").value["state"] == "stopped"


def test_entries_are_moved_removed_and_cleared(ask: Ask) -> None:
    queue = RunQueue()
    for _ in range(4):
        queue.add(default_experiment())
    assert ask("move", 1, 2, "--json").value == {"order": [2, 3, 1, 4]}
    assert ask("move", "--json", "--", 4, -9).value == {"order": [4, 2, 3, 1]}
    assert ask("remove", 2, 3, "--json").value == {"removed": [2, 3]}
    queue.put(1, state="done")
    assert ask("clear", "--json").value == {"removed": 1}
    assert [entry.id for entry in queue.entries] == [4]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("remove", "3"), "no entry 3"),
        (("move", "3", "1"), "no entry 3"),
        (("retry", "3"), "no entry 3"),
        (("spread", "Nobody"), "Known are: none"),
        (("remove",), "Missing argument"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_wrong_words_give_one_line_and_exit_2(ask: Ask, words: tuple[str, ...], told: str) -> None:
    answer = ask(*words)
    assert answer.status == 2
    assert told in answer.err
    assert answer.out == ""
    assert len(answer.err.splitlines()) == 1


def test_an_empty_queue_has_nothing_to_do(ask: Ask) -> None:
    answer = ask("run", "--json")
    assert answer.status == 0
    assert answer.value == {"entries": [], "left": 0, "groups": []}
    assert "nothing to do" in answer.err


def test_a_pause_is_for_a_queue_that_is_under_way(ask: Ask) -> None:
    queue = RunQueue()
    queue.add(default_experiment())
    assert ask("pause", "--json").value == {"running": False, "ends_after_this": False}
    with queue.being_worked_off():
        assert ask("pause", "--json").value == {"running": True, "ends_after_this": True}
        assert queue.take() is None


def test_ctrl_c_keeps_everything_and_the_queue_goes_on_exactly(ask: Ask) -> None:
    ask("add", *QUICK, "--epochs", 60)
    ask("add", *QUICK)
    command = [sys.executable, "-m", "lepton_studio", "queue", "run", "--json"]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy())
    assert worker.stderr is not None
    lines = iter(worker.stderr.readline, "")
    assert any(line.startswith("epoch 1 of 60") for line in lines)
    worker.send_signal(signal.SIGINT)
    out, err = worker.communicate(timeout=100)
    assert worker.returncode == 130
    assert out == ""
    assert "lepton-studio queue run" in err
    assert states() == ["stopped", "waiting"]
    (stopped, _) = RunQueue().entries
    assert Run.open(paths.runs() / stopped.run).record.state == "stopped"
    assert ask("run", "--json").status == 0
    assert states() == ["done", "done"]
    assert RunQueue().entries[0].run == stopped.run
