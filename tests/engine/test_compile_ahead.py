"""Code that another process writes: the same code, and whoever has enough of waiting ends it at once."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from lepton_studio.engine import compile_ahead
from lepton_studio.engine.compile_ahead import Order, order_of, written_ahead
from lepton_studio.engine.events import Notice, Progress
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training

GOOD = "print('{}', end='')"
FAILING = """print('{"trouble": "no C++ compiler"}', end='')"""
DYING = "import os; os._exit(3)"
# Says that it is there, and has a compiler at work, too.
ENDLESS = """
import subprocess, sys, time
compiler = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print(compiler.pid, flush=True)
time.sleep(300)
"""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where torch keeps what was written."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def experiment(tiny_experiment: Experiment) -> Experiment:
    hyperparameters = msgspec.structs.replace(tiny_experiment.hyperparameters, compile=True)
    return msgspec.structs.replace(tiny_experiment, hyperparameters=hyperparameters)


@pytest.fixture
def learner(experiment: Experiment, tiny_samples) -> Learner:
    return Learner(Run.create(experiment), tiny_samples)


@pytest.fixture
def order(learner: Learner, tiny_samples) -> Order:
    return order_of(learner, tiny_samples.shape)


Writers = list["subprocess.Popen[bytes]"]


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Writers]:
    """Lets this script stand in for the other process; the list has those that were started."""

    def let(script: str) -> Writers:
        started: Writers = []

        def start(_asked: bytes) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", script]
            pipe = subprocess.PIPE
            started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True))
            return started[-1]

        monkeypatch.setattr(compile_ahead, "_started", start)
        return started

    return let


def outcome(work: Generator[Progress, None, str]) -> tuple[list[Progress], str]:
    seen = []
    while True:
        try:
            seen.append(next(work))
        except StopIteration as end:
            return seen, end.value


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_other_process_compiles_the_same_network_for_the_same_pictures(
    experiment, tiny_samples, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, precision=precision)
    learner = Learner(Run.create(msgspec.structs.replace(experiment, hyperparameters=hyperparameters)), tiny_samples)
    order = msgspec.json.decode(msgspec.json.encode(order_of(learner, tiny_samples.shape)), type=Order)
    written: list[Any] = []
    monkeypatch.setattr(compile_ahead, "write_code", lambda *what: written.append(what))
    compile_ahead._obey(order)
    ((network, device, pictures),) = written
    batch, _ = next(learner.batches.training(0))
    batch = learner.augment(batch)
    assert device == learner.device
    assert (pictures.shape, pictures.dtype, pictures.stride()) == (batch.shape, batch.dtype, batch.stride())
    mine, theirs = learner.network.state_dict(), network.state_dict()
    assert {name: (each.shape, each.dtype, each.stride()) for name, each in mine.items()} == {
        name: (each.shape, each.dtype, each.stride()) for name, each in theirs.items()
    }
    assert torch.equal(network.mean, learner.network.mean)
    assert torch.equal(network.std, learner.network.std)


def test_what_was_written_once_is_not_written_again(order: Order, writing, cache: Path) -> None:
    started = writing(GOOD)
    seen, trouble = outcome(written_ahead(order))
    assert (trouble, len(started), started[0].returncode) == ("", 1, 0)
    assert all(isinstance(event, Progress) for event in seen)
    assert len(list((cache / "lepton_studio").iterdir())) == 1
    assert outcome(written_ahead(order)) == ([], "")
    assert len(started) == 1
    outcome(written_ahead(msgspec.structs.replace(order, pictures=7)))
    assert len(started) == 2


def test_why_no_code_can_be_written_is_told_and_tried_again_next_time(order: Order, writing) -> None:
    started = writing(FAILING)
    for count in (1, 2):
        _, trouble = outcome(written_ahead(order))
        assert (trouble, len(started)) == ("no C++ compiler", count)


def test_a_process_that_dies_says_nothing_about_this_one(order: Order, writing, cache: Path) -> None:
    writing(DYING)
    assert outcome(written_ahead(order))[1] == ""
    assert not (cache / "lepton_studio").exists()


def test_where_no_process_can_be_started_none_is_waited_for(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_asked: bytes) -> None:
        raise OSError("no")

    monkeypatch.setattr(compile_ahead, "_started", refused)
    assert outcome(written_ahead(order)) == ([], "")


def test_a_packed_program_starts_no_process_and_says_why_it_does_not_compile(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.delattr(compile_ahead, "_started")
    assert outcome(written_ahead(order)) == ([], compile_ahead.PACKED)


def is_there(pid: int) -> bool:
    """Whether a process is at work, not only waiting for somebody to hear of its end."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells of processes in files")
def test_closing_ends_the_process_and_its_compilers_at_once(order: Order, writing) -> None:
    (started,) = [writing(ENDLESS)]
    work = written_ahead(order)
    assert isinstance(next(work), Progress)
    (writer,) = started
    assert writer.stdout is not None
    compiler = int(writer.stdout.readline())
    assert is_there(compiler)
    work.close()
    assert writer.returncode == -9
    while is_there(compiler):
        time.sleep(0.01)
    assert not is_there(compiler)


def test_the_process_ends_when_the_one_that_wants_its_code_is_gone(order: Order) -> None:
    script = (
        "import time; from lepton_studio.engine import compile_ahead;"
        "compile_ahead._obey = lambda order: time.sleep(300); compile_ahead.main()"
    )
    path = os.pathsep.join(each for each in sys.path if each)
    done = subprocess.run(
        [sys.executable, "-c", script], input=msgspec.json.encode(order) + b"\n", capture_output=True, check=False,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, b"")


NOISY = """
from lepton_studio.engine import compile_ahead
def obey(order):
    print("some compiler says hello")
    raise RuntimeError("no C++ compiler\\nmore of it")
compile_ahead._obey = obey
compile_ahead.main()
"""


def test_the_process_says_nothing_but_what_came_of_it(order: Order) -> None:
    path = os.pathsep.join(each for each in sys.path if each)
    with subprocess.Popen(
        [sys.executable, "-c", NOISY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
        said = process.stdout.read()
    assert msgspec.json.decode(said) == {"trouble": "no C++ compiler"}


def test_a_training_that_is_stopped_while_its_network_is_compiled_goes_on_another_time(
    experiment, tiny_samples, writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = writing(ENDLESS)
    run = Run.create(experiment)
    training = start_training(run, tiny_samples)
    seen = [next(training) for _ in range(3)]
    assert all(isinstance(event, Progress) for event in seen)
    training.close()  # type: ignore[attr-defined]
    assert started[0].returncode is not None
    assert (run.record.state, run.record.kernels) == ("stopped", "")
    writing(FAILING)
    monkeypatch.delattr(torch, "compile")
    events = list(start_training(Run.open(run.folder), tiny_samples))
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.what == "torch.compile cannot compile this network here: no C++ compiler."
    assert Run.open(run.folder).record.state == "finished"
