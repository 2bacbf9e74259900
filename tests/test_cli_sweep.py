"""``lepton-studio sweep``: what it writes where, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from lepton_studio import paths
from lepton_studio.engine import training
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.run_store import list_runs
from lepton_studio.engine.runs import Run
from lepton_studio.engine.sweep import STUDY, find_sweep, list_sweeps

pytest.importorskip("optuna", reason="sweeps are Optuna's")

# One epoch of five steps.
QUICK = (
    "--architecture", "mlp", "--set", "augmentations=[]", "--set", "samples_per_epoch=160", "--batch-size", 32,
    "--epochs", 1, "--device", "cpu", "--precision", "float32",
)  # fmt: skip
RATE = "hyperparameters.optimizer.learning_rate"

Ask = Callable[..., Any]


@pytest.fixture
def ask(ask: Ask) -> Ask:
    """Runs a command of sweeps in this process."""
    return partial(ask, "sweep")


def test_a_grid_gives_its_trials_as_json_and_nothing_else_on_stdout(ask: Ask) -> None:
    over = ("--over", "optimizer.learning_rate=1e-4..1e-2 log 2", "--over", "batch_size=32,64", "--sampler", "grid")
    answer = ask("run", *QUICK, *over, "--name", "lr", "--json")
    assert answer.status == 0, answer.err
    result = answer.value
    assert (result["sweep"], result["state"], result["planned"]) == ("lr", "finished", 4)
    assert [trial["number"] for trial in result["trials"]] == [1, 2, 3, 4]
    assert result["trials"][0]["values"] == {RATE: 0.0001, "hyperparameters.batch_size": "32"}
    assert result["best"]["objective"] == min(trial["objective"] for trial in result["trials"])
    assert set(result["importances"]) == {RATE, "hyperparameters.batch_size"}
    assert {run.record.group for run in list_runs()} == {"lr"}
    assert "Trial 4 of 4 finished: validation loss" in answer.err
    assert "lr, trial 1: learning rate 0.0001, batch size 32" in answer.err
    assert ask("list", "--json").value[0] == {
        "sweep": "lr", "state": "finished", "trials": 4, "planned": 4, "best": result["best"]["objective"],
        "objective": "validation_loss", "created": find_sweep("lr").created,
    }  # fmt: skip
    shown = ask("show", "lr")
    assert shown.status == 0
    assert "the best first" in shown.out
    assert "What made trials good" in shown.out
    assert result["best"]["run"] in shown.out
    again = ask("resume", "lr")
    assert (again.status, again.out) == (2, "")
    assert "nothing left to do" in again.err
    assert ask("delete", "lr", "--json").value == {"deleted": "lr"}
    assert list_sweeps() == ()
    assert len(list_runs()) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "--over", "batch_size"), "--over FIELD="),
        (("run", "--over", "batch_size=1,2", "--sampler", "dice"), "Known are: grid, random, tpe"),
        (("run", "--over", "batch_size=1,2", "--objective", "fun"), "validation_loss"),
        (("run", "--over", "batch_size=1,2", "--sampler", "grid", "--trials", 3), "Leave out --trials"),
        (("run", "--over", "cake=1,2"), "no field 'cake'"),
        (("run",), "--over"),
        (("show", "cake"), "no sweep called 'cake'"),
        (("resume", "cake"), "no sweep called 'cake'"),
        (("delete", "cake"), "no sweep called 'cake'"),
    ],
    ids=["values", "sampler", "objective", "trials", "field", "none", "show", "resume", "delete"],
)
def test_wrong_words_end_with_2_and_one_line(ask: Ask, words: tuple[object, ...], message: str) -> None:
    answer = ask(*words)
    assert (answer.status, answer.out) == (2, "")
    assert message in answer.err
    assert list_sweeps() == ()


def test_an_empty_list_says_how_to_begin(ask: Ask) -> None:
    answer = ask("list")
    assert (answer.status, answer.out) == (0, "")
    assert "sweep run" in answer.err
    assert ask("list", "--json").value == []


def test_a_sweep_whose_trials_all_failed_ends_with_2(ask: Ask) -> None:
    # With three outputs for ten classes there is nothing to compare.
    odd = ask("run", *QUICK, "--over", "architecture.layers.5.outputs=3", "--trials", 1, "--name", "odd")
    assert odd.status == 2
    assert "failed" in odd.out


def test_a_fault_of_the_program_is_one_line_and_the_rest_of_it_in_the_log(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, begun = training.start_training, []

    def failing_first(run: Run, samples: Samples | None) -> Iterator[Any]:
        begun.append(run)
        if len(begun) == 1:
            raise RuntimeError("cake")
        return begin(run, samples)

    monkeypatch.setattr(training, "start_training", failing_first)
    answer = ask("run", *QUICK, "--over", "seed=1,2", "--sampler", "grid", "--name", "hit", "--json")
    assert sorted(trial["state"] for trial in answer.value["trials"]) == ["failed", "finished"]
    assert "A fault of the program: RuntimeError: cake" in answer.err
    assert "Traceback" not in answer.err
    assert "Traceback" in paths.log_file().read_text(encoding="utf-8")


def test_a_damaged_record_is_one_line_and_stays_in_the_list(ask: Ask) -> None:
    assert ask("run", *QUICK, "--over", "seed=1,2", "--trials", 1, "--name", "sick").status == 0
    find_sweep("sick").study_file.write_bytes(b"cake" * 1000)
    answer = ask("show", "sick")
    assert answer.status == 2
    assert STUDY in answer.err
    assert ask("list", "--json").value[0]["state"] == "damaged"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal for others")
def test_ctrl_c_keeps_everything_and_resume_goes_on(ask: Ask) -> None:
    words = [
        *QUICK,
        "--epochs",
        40,
        "--over",
        "optimizer.learning_rate=1e-4..1e-2 log",
        "--trials",
        2,
        "--name",
        "long",
    ]
    command = [sys.executable, "-m", "lepton_studio", "sweep", "run", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = ""
        while "epoch 2 of" not in line:
            line = process.stderr.readline()
            assert line, "it ended before its second epoch"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert 'sweep resume "long"' in err
    interrupted = ask("show", "long", "--json").value
    assert interrupted["state"] == "interrupted"
    assert [trial["state"] for trial in interrupted["trials"]] == ["running"]
    result = ask("resume", "long", "--json").value
    assert [trial["state"] for trial in result["trials"]] == ["finished", "finished"]
    assert result["trials"][0]["run"] == interrupted["trials"][0]["run"]
    assert result["trials"][0]["epochs"] == 40
