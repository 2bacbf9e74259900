"""The loop: what it says, and that stopping, dying and going on never change what is learned."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import Diverged, LeptonError
from lepton_studio.engine.events import EpochFinished, Notice, Progress, TrainingFinished, TrainingStarted
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.losses.cross_entropy import CrossEntropy
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.optimizer import OPTIMIZERS
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.processor import processor_name
from lepton_studio.engine.run_store import list_runs
from lepton_studio.engine.runs import Run
from lepton_studio.engine.schedules.cosine import Cosine
from lepton_studio.engine.training import start_training

BATCHES = 3


def with_hyperparameters(experiment: Experiment, **changes: Any) -> Experiment:
    hyperparameters = msgspec.structs.replace(experiment.hyperparameters, **changes)
    return msgspec.structs.replace(experiment, hyperparameters=hyperparameters)


def trained(experiment: Experiment, samples: Samples) -> Run:
    run = Run.create(experiment)
    list(start_training(run, samples))
    return run


def epochs_without_seconds(run: Run) -> list[EpochRow]:
    return [msgspec.structs.replace(row, seconds=0.0) for row in run.history.epochs]


def assert_same_to_the_last_bit(run: Run, other: Run) -> None:
    weights, others = load_weights(run.checkpoint), load_weights(other.checkpoint)
    assert weights.keys() == others.keys()
    assert [name for name in weights if weights[name].dtype != others[name].dtype] == []
    assert [name for name in weights if not torch.equal(weights[name], others[name])] == []
    assert run.history.batch_loss.tobytes() == other.history.batch_loss.tobytes()
    assert run.history.batch_accuracy.tobytes() == other.history.batch_accuracy.tobytes()
    assert epochs_without_seconds(run) == epochs_without_seconds(other)
    assert run.record.test_accuracy == other.record.test_accuracy
    assert run.record.test_loss == other.record.test_loss


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A disk that is full while ``full_disk.on`` is set."""
    real = os.fsync

    class Disk:
        on = False

    def fsync(handle: int) -> None:
        if Disk.on:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return Disk


def test_a_training_says_what_happens_in_order(tiny_experiment, tiny_samples) -> None:
    events = list(start_training(Run.create(tiny_experiment), tiny_samples))
    news = [event for event in events if event is not None]
    assert [type(event) for event in news] == [TrainingStarted, EpochFinished, EpochFinished, TrainingFinished]
    # Every batch, and every batch of answers, is a place to stop.
    assert events.count(None) == 2 * (BATCHES + 1) + 1
    assert [event.row.epoch for event in news[1:3]] == [1, 2]
    assert news[0].precision == "float32"


def test_a_training_learns(tiny_experiment, tiny_samples) -> None:
    run = trained(with_hyperparameters(tiny_experiment, epochs=8), tiny_samples)
    assert run.record.test_accuracy > 0.9
    assert run.history.epochs[-1].train_loss < 0.6 * run.history.epochs[0].train_loss


def test_a_finished_run_keeps_what_there_is_to_know(tiny_experiment, tiny_samples) -> None:
    run = trained(tiny_experiment, tiny_samples)
    record = Run.open(run.folder).record
    assert record == run.record
    assert record.state == "finished"
    assert record.epochs_done == 2
    assert record.parameters == 4 * 9 + 4 + 4 * 64 // 4 * 4 + 4
    assert record.class_names == tiny_samples.class_names
    assert record.input_shape == (1, 8, 8)
    assert record.precision == "float32"
    assert record.device.startswith(processor_name())
    assert record.train_seconds > 0
    assert record.images_per_second > 0
    assert 0 <= record.test_accuracy <= 1
    assert set(record.versions) >= {"lepton-studio", "python", "torch"}


def test_the_numbers_of_an_epoch_weigh_each_picture_alike(tiny_experiment, tiny_samples) -> None:
    run = trained(tiny_experiment, tiny_samples)
    assert len(run.history) == 2 * BATCHES
    for number, row in enumerate(run.history.epochs):
        part = slice(number * BATCHES, (number + 1) * BATCHES)
        sizes = [32, 32, 8]
        assert row.train_loss == pytest.approx(np.average(run.history.batch_loss[part], weights=sizes))
        assert row.train_accuracy == pytest.approx(np.average(run.history.batch_accuracy[part], weights=sizes))


def test_the_final_figures_are_those_of_the_saved_network(tiny_experiment, tiny_samples) -> None:
    run = trained(tiny_experiment, tiny_samples)
    probabilities = Predictor(run).probabilities(tiny_samples.images[90:]).astype(np.float64)
    labels = tiny_samples.labels[90:]
    assert run.record.test_accuracy == pytest.approx(float((probabilities.argmax(1) == labels).mean()))
    loss = -np.log(probabilities[np.arange(30), labels]).mean()
    assert run.record.test_loss == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(
    tiny_experiment, tiny_samples, precision: str
) -> None:
    experiment = with_hyperparameters(tiny_experiment, precision=precision)
    run = trained(experiment, tiny_samples)
    torch.manual_seed(99)
    assert_same_to_the_last_bit(run, trained(experiment, tiny_samples))
    other = trained(msgspec.structs.replace(experiment, seed=4), tiny_samples)
    assert not np.array_equal(run.history.batch_loss, other.history.batch_loss)
    assert run.record.precision == precision


# Three optimizers, each in one precision; the other pairs are slow tests.
QUICK = ("adam", "lion", "sgd")


@pytest.mark.parametrize(
    ("optimizer", "precision"),
    [
        pytest.param(
            optimizer, precision, marks=() if (at + is_half) % 2 == 0 and optimizer in QUICK else pytest.mark.slow
        )
        for at, optimizer in enumerate(OPTIMIZERS.names())
        for is_half, precision in enumerate(("float32", "bfloat16"))
    ],
)
def test_a_training_stopped_anywhere_goes_on_to_the_same_bits(
    tiny_experiment, tiny_samples, optimizer: str, precision: str
) -> None:
    first, *rest = tiny_experiment.architecture.layers
    architecture = Architecture("Tiny", (first, BatchNorm2d(), *rest))
    experiment = with_hyperparameters(
        msgspec.structs.replace(tiny_experiment, architecture=architecture),
        optimizer=OPTIMIZERS[optimizer](learning_rate=0.02, weight_decay=0.01),
        precision=precision,
    )
    whole = trained(experiment, tiny_samples)
    positions = len(list(start_training(Run.create(experiment), tiny_samples)))
    assert positions == 2 * (BATCHES + 1 + 1) + 3
    for position in range(1, positions + 1):
        run = Run.create(experiment)
        events = start_training(run, tiny_samples)
        for _ in range(position):
            next(events)
        events.close()
        opened = Run.open(run.folder)
        assert opened.record.state == ("stopped" if position < positions else "finished")
        list(start_training(opened, tiny_samples))
        assert opened.record.state == "finished"
        assert_same_to_the_last_bit(opened, whole)
        assert_same_to_the_last_bit(Run.open(run.folder), whole)


def test_a_training_stopped_again_and_again_goes_on_to_the_same_bits(tiny_experiment, tiny_samples) -> None:
    whole = trained(tiny_experiment, tiny_samples)
    run = Run.create(tiny_experiment)
    stops = 0
    while run.record.state != "finished":
        events = start_training(run, tiny_samples)
        # Started, and two steps: the fewest that lead past a validation.
        list(itertools.islice(events, 3))
        events.close()
        stops += 1
        assert stops < 20
    assert stops > 4
    assert_same_to_the_last_bit(run, whole)


DIES = """
import os, signal, sys
from pathlib import Path
import numpy as np
from lepton_studio.engine import Run, Samples, read_experiment, start_training

arrays = np.load(sys.argv[2])
samples = Samples(arrays["images"], arrays["labels"], tuple("abcd"), arrays["is_test"])
run = Run.create(read_experiment(Path(sys.argv[1])))
print(run.folder, flush=True)
for number, _ in enumerate(start_training(run, samples)):
    if number == int(sys.argv[3]):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def test_a_killed_training_opens_as_interrupted_and_goes_on_to_the_same_bits(
    tiny_experiment, tiny_samples, tmp_path, run_python
) -> None:
    from lepton_studio.engine.experiment import save_experiment

    experiment, data = tmp_path / "tiny.json", tmp_path / "tiny.npz"
    save_experiment(experiment, tiny_experiment)
    np.savez(data, images=tiny_samples.images, labels=tiny_samples.labels, is_test=tiny_samples.is_test)
    # Started, three batches, validation, epoch finished, and the second batch of the second epoch.
    killed = -signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM
    result = run_python(DIES, experiment, data, 1 + BATCHES + 1 + 1 + 1, code=killed)
    run = Run.open(Path(result.stdout.strip()))
    assert run.record.state == "interrupted"
    assert [listed.record.state for listed in list_runs()] == ["interrupted"]
    assert run.record.epochs_done == 1
    list(start_training(run, tiny_samples))
    assert run.record.state == "finished"
    same_names = msgspec.structs.replace(run.record, class_names=tiny_samples.class_names)
    assert run.record == same_names
    assert_same_to_the_last_bit(run, trained(tiny_experiment, tiny_samples))


def test_a_history_that_is_ahead_of_its_checkpoint_is_cut_to_it(tiny_experiment, tiny_samples) -> None:
    # The history is written first: a run that dies in between has more numbers than its weights know of.
    run = Run.create(tiny_experiment)
    for event in start_training(run, tiny_samples):
        if isinstance(event, EpochFinished) and event.row.epoch == 1:
            checkpoint = run.checkpoint.read_bytes()
    run.checkpoint.write_bytes(checkpoint)
    opened = Run.open(run.folder)
    assert len(opened.history) == 2 * BATCHES
    list(start_training(opened, tiny_samples))
    assert_same_to_the_last_bit(opened, trained(tiny_experiment, tiny_samples))


def test_a_checkpoint_is_written_in_the_middle_of_a_long_epoch(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors import safe_open

    monkeypatch.setattr(Meter, "checkpoint_age", lambda _: 1e9)
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    next(events)
    for batch in (1, 2):
        next(events)
        with safe_open(run.checkpoint, framework="pt") as file:
            position = msgspec.json.decode(file.metadata()["position"])
        assert (position["epoch"], position["batch"]) == (0, batch)
        assert len(Run.open(run.folder).history) == batch
    events.close()


def test_a_run_is_running_from_its_first_event_and_in_the_list(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment, "Mine")
    events = start_training(run, tiny_samples)
    next(events)
    for _ in events:
        (listed,) = list_runs()
        assert (listed.record.state, listed.record.name) == ("running", "Mine")
        break
    events.close()
    (listed,) = list_runs()
    assert listed.record.state == "stopped"


def test_a_run_is_running_while_its_dataset_is_loaded(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_: BundledDigits, labels: object = None) -> Iterator[Progress | Samples]:
        yield Progress("Fetching", 1, 2)
        yield tiny_samples

    monkeypatch.setattr(BundledDigits, "load", load)
    run = Run.create(tiny_experiment)
    events = start_training(run)
    assert next(events) == Progress("Fetching", 1, 2)
    assert Run.open(run.folder).record.state == "running"
    list(events)
    assert run.record.state == "finished"


def test_a_dataset_that_cannot_be_loaded_fails_the_run_with_its_message(
    tiny_experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_: BundledDigits, labels: object = None) -> Iterator[Progress | Samples]:
        yield Progress("Fetching")
        raise LeptonError("There is no network.", "Connect it.")

    monkeypatch.setattr(BundledDigits, "load", load)
    run = Run.create(tiny_experiment)
    with pytest.raises(LeptonError, match="no network"):
        list(start_training(run))
    record = Run.open(run.folder).record
    assert (record.state, record.error) == ("failed", "There is no network. Connect it.")


def test_a_dataset_without_samples_fails_the_run(tiny_experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BundledDigits, "load", lambda *_: iter([Progress("Nothing")]))
    run = Run.create(tiny_experiment)
    with pytest.raises(LeptonError, match="no samples"):
        list(start_training(run))
    assert run.record.state == "failed"


def test_a_network_that_does_not_fit_fails_the_run_with_its_message(tiny_experiment, tiny_samples) -> None:
    architecture = Architecture("Wrong", (*tiny_experiment.architecture.layers[:-1], Linear(outputs=9)))
    run = Run.create(msgspec.structs.replace(tiny_experiment, architecture=architecture))
    with pytest.raises(LeptonError):
        list(start_training(run, tiny_samples))
    record = Run.open(run.folder).record
    assert record.state == "failed"
    assert "9 numbers, but the dataset has 4 classes" in record.error


@pytest.mark.parametrize("message", ["it broke", ""])
def test_any_exception_fails_the_run_and_keeps_what_was_learned(
    tiny_experiment, tiny_samples, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    for _ in range(3):
        next(events)

    def fail(*_: object) -> None:
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(CrossEntropy, "measure", fail)
        with pytest.raises(RuntimeError):
            list(events)
    opened = Run.open(run.folder)
    assert (opened.record.state, opened.record.error) == ("failed", message or "RuntimeError")
    assert len(opened.history) == 2
    list(start_training(opened, tiny_samples))
    assert (opened.record.state, opened.record.error) == ("finished", "")
    assert_same_to_the_last_bit(opened, trained(tiny_experiment, tiny_samples))


def test_an_interruption_from_the_keyboard_stops_the_run(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(CrossEntropy, "measure", interrupt)
    run = Run.create(tiny_experiment)
    with pytest.raises(KeyboardInterrupt):
        list(start_training(run, tiny_samples))
    assert Run.open(run.folder).record.state == "stopped"


def test_a_full_disk_is_told_and_the_training_goes_on(tiny_experiment, tiny_samples, full_disk) -> None:
    run = Run.create(tiny_experiment)
    notices = []
    for event in start_training(run, tiny_samples):
        if isinstance(event, TrainingStarted):
            full_disk.on = True
        if isinstance(event, Notice):
            notices.append(event)
            full_disk.on = False
    (notice,) = notices
    assert "No space left on device" in notice.what
    assert "Free some space" in notice.remedy
    assert run.record.state == "finished"
    assert_same_to_the_last_bit(Run.open(run.folder), trained(tiny_experiment, tiny_samples))


def test_a_disk_that_is_full_to_the_end_fails_the_run_and_the_last_checkpoint_stays_good(
    tiny_experiment, tiny_samples, full_disk
) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    assert any(isinstance(event, EpochFinished) for event in events)
    full_disk.on = True
    with pytest.raises(LeptonError, match="No space left on device"):
        list(events)
    full_disk.on = False
    assert run.record.state == "failed"
    opened = Run.open(run.folder)
    # The disk took no word of the failure either, but nothing half-written is there.
    assert opened.record.state == "interrupted"
    assert [path.name for path in run.folder.iterdir() if path.name.endswith(".part")] == []
    list(start_training(opened, tiny_samples))
    assert_same_to_the_last_bit(opened, trained(tiny_experiment, tiny_samples))


def test_two_trainings_of_one_run_at_once_are_refused(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    first = start_training(run, tiny_samples)
    next(first)
    with pytest.raises(LeptonError, match="is being trained already"):
        next(start_training(Run.open(run.folder), tiny_samples))
    assert Run.open(run.folder).record.state == "running"
    list(first)
    assert run.record.state == "finished"


def test_a_training_may_be_closed_by_another_thread_than_began_it(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    next(events)
    thread = threading.Thread(target=events.close)
    thread.start()
    thread.join()
    assert Run.open(run.folder).record.state == "stopped"
    list(start_training(run, tiny_samples))
    assert run.record.state == "finished"


def test_describing_and_predicting_beside_a_training_change_nothing(tiny_experiment, tiny_samples) -> None:
    experiment = with_hyperparameters(tiny_experiment, epochs=12)
    whole = trained(experiment, tiny_samples)
    run = Run.create(experiment)
    started, faults = threading.Event(), []

    def walk() -> None:
        try:
            for _ in start_training(run, tiny_samples):
                started.set()
        except BaseException as error:  # noqa: BLE001 - the test asks for it
            faults.append(error)

    thread = threading.Thread(target=walk)
    thread.start()
    started.wait(30)
    rounds = 0
    while thread.is_alive():
        describe(experiment.architecture, tiny_samples.shape, 4)
        if run.weights is not None:
            Predictor(run).probabilities(tiny_samples.images[:3])
            rounds += 1
    thread.join()
    assert faults == []
    assert rounds > 0
    assert_same_to_the_last_bit(run, whole)


def test_a_finished_run_has_nothing_left_to_learn(tiny_experiment, tiny_samples) -> None:
    run = trained(tiny_experiment, tiny_samples)
    before, speed = load_weights(run.checkpoint), run.record.images_per_second
    opened = Run.open(run.folder)
    events = [event for event in start_training(opened, tiny_samples) if event is not None]
    assert [type(event) for event in events] == [TrainingStarted, TrainingFinished]
    assert all(torch.equal(before[name], tensor) for name, tensor in load_weights(run.checkpoint).items())
    assert opened.record.images_per_second == speed


def test_the_schedule_is_asked_for_each_batch_how_far_the_run_is(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def factor(_: Cosine, progress: float) -> float:
        asked.append(progress)
        return 1.0

    monkeypatch.setattr(Cosine, "factor", factor)
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    list(itertools.islice(events, 3))
    events.close()
    list(start_training(run, tiny_samples))
    assert asked == pytest.approx([step / 6 for step in range(6)])


def test_augmentation_and_dropout_take_part_in_training_only(tiny_experiment, tiny_samples) -> None:
    plain = with_hyperparameters(tiny_experiment, augmentations=(), epochs=1)
    moved = with_hyperparameters(tiny_experiment, epochs=1, optimizer=Sgd(learning_rate=1e-7))
    still = with_hyperparameters(plain, optimizer=Sgd(learning_rate=1e-7))
    runs = [trained(experiment, tiny_samples) for experiment in (moved, still)]
    losses = [run.history.batch_loss.tolist() for run in runs]
    assert losses[0] != losses[1]
    # The weights hardly moved, so the same validation pictures give the same loss.
    validation = [run.history.epochs[0].validation_loss for run in runs]
    assert validation[0] == pytest.approx(validation[1], rel=1e-4)


def test_a_loss_that_is_no_number_ends_the_training_at_its_batch_and_the_last_checkpoint_goes_on(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, asked = CrossEntropy.measure, []

    def spoiled(loss: CrossEntropy, logits: Any, labels: Any) -> Any:
        asked.append(logits.requires_grad)
        # The second batch of the second epoch; each epoch has three.
        return measure(loss, logits, labels) * (float("nan") if sum(asked) == 5 else 1.0)

    whole, run = Run.create(tiny_experiment), Run.create(tiny_experiment)
    list(start_training(whole, tiny_samples))
    monkeypatch.setattr(CrossEntropy, "measure", spoiled)
    with pytest.raises(Diverged, match="since batch 5") as caught:
        list(start_training(run, tiny_samples))
    assert caught.value.batch == 5
    opened = Run.open(run.folder)
    assert (opened.record.state, opened.record.diverged_at, opened.record.epochs_done) == ("failed", 5, 1)
    assert np.isnan(opened.history.batch_loss[4])
    assert np.isfinite(opened.history.batch_loss[:4]).all()
    monkeypatch.setattr(CrossEntropy, "measure", measure)
    list(start_training(opened, tiny_samples))
    assert (opened.record.state, opened.record.diverged_at) == ("finished", 0)
    assert opened.history.batch_loss.tobytes() == whole.history.batch_loss.tobytes()


def test_a_dataset_too_small_for_a_validation_split_says_what_to_add(tiny_experiment, tiny_samples) -> None:
    few = Samples(tiny_samples.images[:8], tiny_samples.labels[:8], tiny_samples.class_names, np.arange(8) > 0)
    with pytest.raises(LeptonError, match="too small") as caught:
        trained(with_hyperparameters(tiny_experiment, validation_share=0.05), few)
    assert "Add pictures" in caught.value.remedy


def test_a_dataset_without_a_test_split_trains_all_the_same(tiny_experiment, tiny_samples) -> None:
    samples = Samples(tiny_samples.images, tiny_samples.labels, tiny_samples.class_names, np.zeros(120, bool))
    run = trained(tiny_experiment, samples)
    assert run.record.state == "finished"
    assert run.record.test_accuracy == 0.0


@pytest.mark.parametrize("batch_size", [1, 71, 72, 5000])
def test_any_size_of_a_batch_trains(tiny_experiment, tiny_samples, batch_size: int) -> None:
    run = trained(with_hyperparameters(tiny_experiment, batch_size=batch_size, epochs=1), tiny_samples)
    assert len(run.history) == -(-72 // batch_size)
    assert run.record.state == "finished"


def test_a_run_whose_history_is_lost_is_refused_in_words(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    list(itertools.islice(events, 8))
    events.close()
    (run.folder / "history.json").unlink()
    with pytest.raises(LeptonError, match="history of the run"):
        list(start_training(Run.open(run.folder), tiny_samples))


def test_a_run_whose_checkpoint_is_gone_is_not_begun_anew_without_a_word(tiny_experiment, tiny_samples) -> None:
    run = trained(tiny_experiment, tiny_samples)
    epochs = len(run.history.epochs)
    run.checkpoint.unlink()
    with pytest.raises(LeptonError, match="is gone"):
        list(start_training(Run.open(run.folder), tiny_samples))
    assert len(Run.open(run.folder).history.epochs) == epochs


def test_the_first_error_is_told_even_if_nothing_can_be_saved_after_it(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(tiny_experiment)
    training = start_training(run, tiny_samples)
    next(training)

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("the first")

    def refused(*_arguments: object, **_more: object) -> None:
        raise LeptonError("the second")

    monkeypatch.setattr("lepton_studio.engine.learner.Learner.augment", broken)
    monkeypatch.setattr("lepton_studio.engine.keeping.save_checkpoint", refused)
    with pytest.raises(ZeroDivisionError, match="the first"):
        list(training)
    assert "the first" in Run.open(run.folder).record.error
