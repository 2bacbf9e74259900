"""Compiling a network before it trains: it changes how the steps are computed and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio.engine import compiling
from lepton_studio.engine import learner as learner_module
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.compiling import compile_network
from lepton_studio.engine.events import Notice, Progress
from lepton_studio.engine.experiment import Experiment, save_experiment
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training


@pytest.fixture(autouse=True)
def _nothing_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written by another process: that is looked at in its own tests."""

    def nothing(_order: object) -> Iterator[Progress]:
        yield from ()

    monkeypatch.setattr(compiling, "written_ahead", nothing)


class Compiled:
    """What a compiler gives back: the same network, and how often with how many pictures it was asked."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.asked: list[int] = []

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        self.asked.append(len(pictures))
        return self.network(pictures)  # type: ignore[no-any-return]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Compiled]:
    """torch.compile without its compiler; what it made since it was told to forget."""
    made: list[Compiled] = []

    def compile_(network: Any) -> Compiled:
        made.append(Compiled(network))
        return made[-1]

    monkeypatch.setattr(torch, "compile", compile_)
    monkeypatch.setattr(torch.compiler, "reset", made.clear)
    return made


@pytest.fixture
def experiment(tiny_experiment: Experiment) -> Experiment:
    """Two epochs of 32, 32 and 8 pictures, compiled, with batch norm."""
    first, *rest = tiny_experiment.architecture.layers
    hyperparameters = msgspec.structs.replace(tiny_experiment.hyperparameters, compile=True)
    architecture = Architecture("Tiny", (first, BatchNorm2d(), *rest))
    return msgspec.structs.replace(tiny_experiment, architecture=architecture, hyperparameters=hyperparameters)


def plain(experiment: Experiment) -> Experiment:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, compile=False)
    return msgspec.structs.replace(experiment, hyperparameters=hyperparameters)


def failing(error: Exception, late: bool) -> Callable[[Any], Any]:
    """A torch.compile that fails: at once, or as it really does, when the first batch comes, after it has learned."""

    def compile_(network: Any) -> Any:
        if not late:
            raise error

        def compiled(pictures: torch.Tensor) -> torch.Tensor:
            network(pictures)
            raise error

        return compiled

    return compile_


def test_nothing_is_compiled_unless_it_is_asked_for(experiment, tiny_samples, compiled) -> None:
    learner = Learner(Run.create(plain(experiment)), tiny_samples)
    assert list(compile_network(learner)) == []
    assert learner.compiled is None
    assert compiled == []


def test_a_compiled_network_leaves_weights_means_and_random_numbers_as_they_were(
    experiment, tiny_samples, compiled
) -> None:
    learner = Learner(Run.create(experiment), tiny_samples)
    before = {name: value.clone() for name, value in learner.network.state_dict().items()}
    drawn = torch.get_rng_state()
    (progress,) = compile_network(learner)
    assert isinstance(progress, Progress)
    assert torch.equal(torch.get_rng_state(), drawn)
    after = learner.network.state_dict()
    assert [name for name in before if not torch.equal(before[name], after[name])] == []
    assert all(parameter.grad is None for parameter in learner.network.parameters())
    assert learner.kernels == "compiled"
    assert compiled[0].asked == [32]


def test_a_compiled_run_learns_what_a_plain_one_learns(
    experiment, tiny_samples, compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = Run.create(experiment), Run.create(plain(experiment))
    list(start_training(run, tiny_samples))
    monkeypatch.setattr(learner_module, "use_onednn", lambda *_: False)
    list(start_training(other, tiny_samples))
    assert (run.record.kernels, other.record.kernels) == ("compiled", "plain")
    # The first batch when it is compiled, then the whole batches; a smaller one would have to be compiled anew.
    assert [one.asked for one in compiled] == [[32] * 5]
    weights, others = load_weights(run.checkpoint), load_weights(other.checkpoint)
    assert [name for name in weights if not torch.equal(weights[name], others[name])] == []
    assert run.history.batch_loss.tobytes() == other.history.batch_loss.tobytes()


def test_a_batch_in_parts_is_compiled_for_its_parts(
    experiment, tiny_samples, compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner_module, "MOST_AT_ONCE", 20)
    list(start_training(Run.create(experiment), tiny_samples))
    assert compiled[0].asked == [20] * 5


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("no C++ compiler\nmore of it"), "no C++ compiler"),
        (subprocess.CalledProcessError(1, "g++"), "Command 'g++' returned non-zero exit status 1."),
        (OSError(), "OSError"),
    ],
    ids=["RuntimeError", "CalledProcessError", "without a message"],
)
def test_a_compiler_that_fails_is_told_in_one_line_and_the_network_is_as_before(
    experiment, tiny_samples, error: Exception, reason: str, late: bool
) -> None:
    learner = Learner(Run.create(experiment), tiny_samples)
    before = {name: value.clone() for name, value in learner.network.state_dict().items()}
    drawn = torch.get_rng_state()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "compile", failing(error, late))
        _, notice = compile_network(learner)
    assert isinstance(notice, Notice)
    assert notice.what.startswith(f"torch.compile cannot compile this network here: {reason}")
    assert "\n" not in notice.what
    assert "C++ compiler" in notice.remedy
    assert torch.equal(torch.get_rng_state(), drawn)
    after = learner.network.state_dict()
    assert [name for name in before if not torch.equal(before[name], after[name])] == []
    assert (learner.compiled, learner.kernels) == (None, "plain")


def test_a_run_that_cannot_be_compiled_is_trained_all_the_same(
    experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", failing(RuntimeError("no"), late=True))
    run = Run.create(experiment)
    events = [event for event in start_training(run, tiny_samples) if event is not None]
    assert sum(isinstance(event, Notice) for event in events) == 1
    assert (run.record.state, run.record.kernels) == ("finished", "plain")


def test_what_is_no_trouble_of_the_compiler_is_not_hidden(
    experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not issubclass(ZeroDivisionError, compiling.TROUBLES)
    monkeypatch.setattr(torch, "compile", failing(ZeroDivisionError(), late=False))
    with pytest.raises(ZeroDivisionError):
        list(start_training(Run.create(experiment), tiny_samples))


def test_the_compiler_forgets_earlier_networks_because_it_compiles_only_so_many(
    experiment, tiny_samples, compiled
) -> None:
    for _ in range(2):
        list(compile_network(Learner(Run.create(experiment), tiny_samples)))
    assert len(compiled) == 1


REAL = """
import sys
from pathlib import Path
import msgspec
import numpy as np
import torch._dynamo
from lepton_studio.engine import Run, Samples, read_experiment, start_training
from lepton_studio.engine.events import Notice

arrays = np.load(sys.argv[2])
samples = Samples(arrays["images"], arrays["labels"], tuple("abcd"), arrays["is_test"])
torch._dynamo.config.recompile_limit = 1
experiment = read_experiment(Path(sys.argv[1]))
other = msgspec.structs.replace(experiment.architecture, layers=experiment.architecture.layers[2:])
for architecture in (other, experiment.architecture):
    run = Run.create(msgspec.structs.replace(experiment, architecture=architecture))
    assert [event for event in start_training(run, samples) if isinstance(event, Notice)] == []
print(run.folder)
"""


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, ("c++", "g++", "clang++"))), reason="torch.compile needs a C++ compiler")
def test_the_real_compiler_makes_a_network_that_learns_the_same(experiment, tiny_samples, tmp_path, run_python) -> None:
    # In a process of its own, which takes the workers of the compiler with it when it ends.
    save_experiment(tmp_path / "tiny.json", experiment)
    arrays = {"images": tiny_samples.images, "labels": tiny_samples.labels, "is_test": tiny_samples.is_test}
    np.savez(tmp_path / "tiny.npz", **arrays)
    result = run_python(REAL, tmp_path / "tiny.json", tmp_path / "tiny.npz")
    # The second network was compiled, too.
    assert "recompile_limit" not in result.stderr
    run, other = Run.open(Path(result.stdout.strip())), Run.create(plain(experiment))
    list(start_training(other, tiny_samples))
    assert (run.record.state, run.record.kernels) == ("finished", "compiled")
    assert len(run.history) == len(other.history)
    # Its dropout draws other numbers than torch's own.
    assert run.history.batch_loss == pytest.approx(other.history.batch_loss, abs=0.4)
