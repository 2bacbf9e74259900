"""A request to terminate ends every command as Ctrl+C does: what was learned is kept, and nothing is complained of."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lepton_studio.cli import main
from lepton_studio.cli_stopping import Terminated, requests_to_terminate, stop_signals
from lepton_studio.engine.run_queue import RunQueue
from lepton_studio.engine.run_store import list_runs

LONG = (
    "--architecture", "mlp", "--set", "augmentations=[]", "--set", "samples_per_epoch=320", "--batch-size", "32",
    "--epochs", "1000", "--device", "cpu", "--precision", "float32",
)  # fmt: skip

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask one process to terminate")


def told_to_stop(words: tuple[str, ...], sign: str) -> tuple[int, str, str]:
    """Runs a command until it says something, has it terminate, and returns how it ended and what it wrote since."""
    command = [sys.executable, "-m", "lepton_studio", *words]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            if sign in line.lower():
                break
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=100)
    finally:
        process.kill()
    return process.returncode, out, "".join(said) + err


def test_a_training_that_is_told_to_end_is_kept() -> None:
    # As at Ctrl+C, see tests/test_cli.py.
    ended, out, err = told_to_stop(("train", *LONG, "--json"), "epoch 1 ")
    assert (ended, out) == (143, "")
    assert "Traceback" not in err
    assert f"lepton-studio resume {list_runs()[0].id}" in err.splitlines()[-1]
    assert list_runs()[0].record.state == "stopped"
    assert list_runs()[0].checkpoint.exists()


# Slow: a process of its own that shows what the training above shows, through another command.
@pytest.mark.slow
def test_a_queue_that_is_told_to_end_goes_on_later() -> None:
    assert main(["queue", "add", *LONG]) == 0
    ended, _, err = told_to_stop(("queue", "run"), "epoch 1 ")
    assert ended == 143
    assert "Traceback" not in err
    assert "lepton-studio queue run" in err.splitlines()[-1]
    assert [entry.is_open for entry in RunQueue().entries] == [True]
    assert list_runs()[0].checkpoint.exists()


# Slow: a process of its own that shows what the training above shows, through another command.
@pytest.mark.slow
def test_a_sweep_that_is_told_to_end_goes_on_later() -> None:
    over = ("--over", "batch_size=32,64", "--sampler", "grid", "--name", "Mine")
    ended, _, err = told_to_stop(("sweep", "run", *over, *LONG), "epoch 1 ")
    assert ended == 143
    assert "Traceback" not in err
    assert 'lepton-studio sweep resume "Mine"' in err.splitlines()[-1]
    assert list_runs()[0].record.state == "stopped"


@pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="the demonstration is in the window")
def test_a_demonstration_that_is_told_to_end_leaves_no_experiment(home: Path) -> None:
    home.mkdir()
    ended, out, err = told_to_stop(("demo", "--json", "--out", str(home / "pictures")), "epoch 1 ")
    assert (ended, out) == (143, "")
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "Interrupted."
    assert list_runs()[0].record.state == "stopped"
    assert list_runs()[0].history.epochs
    assert not (home / "current_experiment.json").exists()


@pytest.fixture
def asked_in_midst(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request comes while a result is looked up."""
    monkeypatch.setattr("lepton_studio.engine.run_store.list_runs", lambda: signal.raise_signal(signal.SIGTERM))


@pytest.mark.usefixtures("asked_in_midst")
def test_any_other_command_ends_with_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    assert main(["runs", "list"]) == 143
    assert capsys.readouterr().err.strip().splitlines() == ["Interrupted."]
    assert signal.getsignal(signal.SIGTERM) is handler


def test_the_second_request_breaks_off_at_once() -> None:
    def ask_twice() -> None:
        with requests_to_terminate(), stop_signals() as asked:
            signal.raise_signal(signal.SIGTERM)
            assert asked.is_set()
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Terminated):
        ask_twice()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_handler_of_somebody_else_stays() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: seen.append(number))
    try:
        with requests_to_terminate():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("words", [("runs", "list", "--json"), ("registries",)], ids=["json", "table"])
def test_output_that_finds_no_room_is_told_in_one_line(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "lepton_studio", *words]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("The output could not be written: No space left on device.")
    assert len(ended.stderr.splitlines()) == 1
