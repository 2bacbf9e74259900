"""What only a GPU can show: recorded steps that learn, fall back and go on. Skipped where there is none."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from lepton_studio.engine import training
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.attack import ATTACKS
from lepton_studio.engine.augmentation import AUGMENTATIONS
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.batches import Batches
from lepton_studio.engine.device import choose_device, memory_in_use
from lepton_studio.engine.events import Notice
from lepton_studio.engine.experiment import Experiment, save_experiment
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.optimizers.adagrad import Adagrad
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.optimizers.lion import Lion
from lepton_studio.engine.optimizers.rmsprop import RmsProp
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.runs import Run
from lepton_studio.engine.splits import cut_samples
from lepton_studio.engine.training import start_training

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="this computer has no CUDA device")

OPTIMIZERS = {
    "adam": Adam(learning_rate=0.02, weight_decay=0.01),
    "momentum": Sgd(learning_rate=0.05, momentum=0.9),
    "no momentum": Sgd(learning_rate=0.05, momentum=0.0, weight_decay=0.01),
    "nesterov": Sgd(learning_rate=0.05, nesterov=True),
    "rmsprop": RmsProp(learning_rate=0.01, momentum=0.5, weight_decay=0.01),
    "adagrad": Adagrad(weight_decay=0.01),
    "lion": Lion(learning_rate=0.005, weight_decay=0.1),
}


def changed(experiment: Experiment, **changes: Any) -> Experiment:
    return msgspec.structs.replace(
        experiment, hyperparameters=msgspec.structs.replace(experiment.hyperparameters, **changes)
    )


def trained(run: Run, samples: Any) -> list[Any]:
    return [event for event in start_training(run, samples) if event is not None]


class Asking(Affine, frozen=True, tag="asking_test"):
    """An augmentation that waits for a number from the GPU, which no recording allows."""

    def apply(self, pictures: Tensor) -> Tensor:
        assert float(pictures.max().item()) >= 0
        return super().apply(pictures)


class Elsewhere(Affine, frozen=True, tag="elsewhere_test"):
    """An augmentation that draws on the CPU, which a recording would do once and for all."""

    def apply(self, pictures: Tensor) -> Tensor:
        return super().apply(pictures.flip(3) if torch.rand(1) < 0.5 else pictures)


@pytest.fixture
def cuda_experiment(tiny_experiment: Experiment) -> Experiment:
    """Batch norm, dropout, augmentation; four epochs of two whole batches and a smaller one."""
    first, *rest = tiny_experiment.architecture.layers
    architecture = Architecture("Tiny", (first, BatchNorm2d(), *rest))
    return changed(msgspec.structs.replace(tiny_experiment, architecture=architecture), device="cuda", epochs=4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_recorded_run_learns_what_an_unrecorded_one_learns(
    cuda_experiment, tiny_samples, optimizer: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = changed(cuda_experiment, optimizer=OPTIMIZERS[optimizer], precision=precision)
    recorded, plain = Run.create(experiment), Run.create(experiment)
    assert [event for event in trained(recorded, tiny_samples) if isinstance(event, Notice)] == []
    monkeypatch.setattr(training, "record_steps", lambda *_: iter(()))
    trained(plain, tiny_samples)
    assert (recorded.record.kernels, plain.record.kernels) == ("cuda_graph", "plain")
    assert recorded.history.batch_loss == pytest.approx(plain.history.batch_loss, rel=0.1, abs=0.02)
    assert recorded.record.test_accuracy == pytest.approx(plain.record.test_accuracy, abs=0.15)


def test_a_recorded_run_goes_on_after_a_stop(cuda_experiment, tiny_samples) -> None:
    whole, run = Run.create(cuda_experiment), Run.create(cuda_experiment)
    trained(whole, tiny_samples)
    events = start_training(run, tiny_samples)
    list(itertools.islice(events, 7))
    events.close()
    opened = Run.open(run.folder)
    trained(opened, tiny_samples)
    assert opened.record.kernels == "cuda_graph"
    assert opened.history.batch_loss == pytest.approx(whole.history.batch_loss, rel=0.1, abs=0.02)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", AUGMENTATIONS.names())
def test_every_augmentation_can_be_recorded(cuda_experiment, tiny_samples, name: str, precision: str) -> None:
    run = Run.create(changed(cuda_experiment, augmentations=(AUGMENTATIONS[name](),), precision=precision))
    assert [event for event in trained(run, tiny_samples) if isinstance(event, Notice)] == []
    assert (run.record.state, run.record.kernels) == ("finished", "cuda_graph")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", [name for name in ATTACKS.names() if name != "none"])
def test_every_attack_can_be_recorded(cuda_experiment, tiny_samples, name: str, precision: str) -> None:
    run = Run.create(changed(cuda_experiment, adversarial=ATTACKS[name](), precision=precision))
    assert [event for event in trained(run, tiny_samples) if isinstance(event, Notice)] == []
    assert (run.record.state, run.record.kernels) == ("finished", "cuda_graph")


@pytest.mark.parametrize("augmentation", [Asking(), Elsewhere()])
def test_what_cannot_be_recorded_on_a_gpu_is_told_and_trained_all_the_same(
    cuda_experiment, tiny_samples, augmentation: Affine
) -> None:
    experiment = changed(cuda_experiment, augmentations=(augmentation,))
    run = Run.create(cuda_experiment)
    run.experiment = experiment
    before = torch.cuda.current_stream()
    (notice,) = [event for event in trained(run, tiny_samples) if isinstance(event, Notice)]
    assert "cannot be recorded" in notice.what
    assert torch.cuda.current_stream() == before
    # Dropout and augmentation draw from the generator that was in the recording.
    assert (run.record.state, run.record.kernels) == ("finished", "plain")
    # The next training records again.
    after = Run.create(cuda_experiment)
    trained(after, tiny_samples)
    assert after.record.kernels == "cuda_graph"


def test_pictures_that_are_sent_while_training_learn_the_same(
    cuda_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident, streamed = Run.create(cuda_experiment), Run.create(cuda_experiment)
    trained(resident, tiny_samples)
    monkeypatch.setattr("lepton_studio.engine.batches.SHARE_FOR_SAMPLES", 0.0)
    notices = [event for event in trained(streamed, tiny_samples) if isinstance(event, Notice)]
    assert len(notices) == 1
    assert streamed.history.batch_loss == pytest.approx(resident.history.batch_loss, rel=0.1, abs=0.02)


def test_streamed_batches_on_a_gpu_are_those_of_the_memory(tiny_samples) -> None:
    device = choose_device("cuda")
    splits = cut_samples(tiny_samples, 0.2, 0)
    streamed = Batches(tiny_samples, splits, device, 16, 0, room=0)
    resident = Batches(tiny_samples, splits, device, 16, 0)
    for (pictures, labels), (others, other_labels) in zip(streamed.training(1), resident.training(1), strict=True):
        assert pictures.is_cuda
        assert torch.equal(pictures, others)
        assert torch.equal(labels, other_labels)
    assert memory_in_use(device) > 0


COMPILED = """
import sys
from pathlib import Path
import numpy as np
from lepton_studio.engine import Run, Samples, read_experiment, start_training
from lepton_studio.engine.events import Notice
from lepton_studio.engine.splits import cut_samples

arrays = np.load(sys.argv[2])
samples = Samples(arrays["images"], arrays["labels"], tuple("abcd"), arrays["is_test"])
run = Run.create(read_experiment(Path(sys.argv[1])))
assert [event for event in start_training(run, samples) if isinstance(event, Notice)] == []
print(run.folder)
"""


@pytest.mark.slow
def test_a_compiled_network_is_recorded_too(cuda_experiment, tiny_samples, tmp_path, run_python) -> None:
    # In a process of its own, which takes the workers of the compiler with it when it ends.
    save_experiment(tmp_path / "tiny.json", changed(cuda_experiment, compile=True))
    arrays = {"images": tiny_samples.images, "labels": tiny_samples.labels, "is_test": tiny_samples.is_test}
    np.savez(tmp_path / "tiny.npz", **arrays)
    result = run_python(COMPILED, tmp_path / "tiny.json", tmp_path / "tiny.npz")
    compiled, plain = Run.open(Path(result.stdout.strip())), Run.create(cuda_experiment)
    trained(plain, tiny_samples)
    assert compiled.record.kernels == "cuda_graph"
    # Its dropout may draw other numbers.
    assert compiled.history.batch_loss == pytest.approx(plain.history.batch_loss, abs=0.5)
