"""When a step does not fit into memory: it is explained, the run is kept, and smaller parts go on."""

from __future__ import annotations

import pickle
from typing import Any

import msgspec
import pytest
import torch

from lepton_studio.engine.device import is_out_of_memory
from lepton_studio.engine.errors import OutOfMemory
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training

# Of the pictures of a step, on this pretended device.
ROOM = 20


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that has room for few pictures at once while it learns."""
    answer = Learner.answer

    def narrow(learner: Learner, pictures: Any) -> Any:
        if len(pictures) > ROOM:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return answer(learner, pictures)

    monkeypatch.setattr(Learner, "answer", narrow)


def without_chance(experiment: Any) -> Any:
    """The same without augmentation and dropout, which draw other numbers for other parts."""
    layers = tuple(layer for layer in experiment.architecture.layers if layer.tag() != "dropout")
    architecture = msgspec.structs.replace(experiment.architecture, layers=layers)
    settings = msgspec.structs.replace(experiment.hyperparameters, augmentations=())
    return msgspec.structs.replace(experiment, architecture=architecture, hyperparameters=settings)


def test_too_many_pictures_at_once_are_explained_and_half_of_them_go_on(
    tiny_experiment, tiny_samples, small_memory: None
) -> None:
    run = Run.create(without_chance(tiny_experiment))
    with pytest.raises(OutOfMemory, match="32 pictures at once") as caught:
        list(start_training(run, tiny_samples))
    assert caught.value.part_size == 16
    assert "16 at once" in caught.value.remedy
    opened = Run.open(run.folder)
    assert opened.record.state == "failed"
    opened.update(part_size=caught.value.part_size)
    list(start_training(opened, tiny_samples))
    assert opened.record.state == "finished"
    # As many steps as with whole batches.
    assert len(opened.history) == 6


def test_parts_whose_gradients_add_up_learn_what_the_whole_batch_learns(tiny_experiment, tiny_samples) -> None:
    whole, parts = (Run.create(without_chance(tiny_experiment)) for _ in range(2))
    parts.update(part_size=7)
    for run in (whole, parts):
        list(start_training(run, tiny_samples))
    assert parts.history.batch_loss == pytest.approx(whole.history.batch_loss, rel=1e-4)
    assert parts.history.epochs[-1].validation_loss == pytest.approx(whole.history.epochs[-1].validation_loss, rel=1e-3)


def test_a_single_picture_that_does_not_fit_is_no_reason_for_smaller_parts(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_learner: Learner, _pictures: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(Learner, "answer", refuse)
    run = Run.create(tiny_experiment)
    run.update(part_size=1)
    with pytest.raises(OutOfMemory, match="a single picture") as caught:
        list(start_training(run, tiny_samples))
    assert "smaller network" in caught.value.remedy


@pytest.mark.parametrize(
    ("error", "is_shortage"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: 10 bytes"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("can't allocate memory"), False),
    ],
    ids=["gpu", "python", "cpu", "other", "kind"],
)
def test_a_shortage_of_memory_is_told_from_other_errors(error: Exception, is_shortage: bool) -> None:
    assert is_out_of_memory(error) == is_shortage


def test_what_torch_really_says_is_understood() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert is_out_of_memory(caught.value)


def test_the_error_keeps_its_number_on_its_way_between_processes() -> None:
    copied = pickle.loads(pickle.dumps(OutOfMemory("what", "remedy", 8)))
    assert (copied.what, copied.remedy, copied.part_size) == ("what", "remedy", 8)
