"""What is written for other programs, read back with their own readers."""

from __future__ import annotations

import itertools
import math
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.history import EpochRow, History
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training
from lepton_studio.engine.writer import WRITERS, NewNumbers, Record
from lepton_studio.engine.writers.tensorboard import TensorBoard
from lepton_studio.engine.writers.wandb_offline import WandbOffline

BATCHES_OF_AN_EPOCH = 4
PACKAGES = {"tensorboard": "tensorboard", "wandb_offline": "wandb"}


@pytest.fixture
def run(tiny_experiment: Experiment) -> Run:
    """A run that has not learned yet."""
    return Run.create(tiny_experiment, "Written")


@pytest.fixture
def event_reader() -> Any:
    """TensorBoard's own reader of a folder: a function from a folder to {name: {batch: value}}."""
    module = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
    )

    def read(folder: Path) -> dict[str, dict[int, float]]:
        found = module.EventAccumulator(str(folder), size_guidance={"scalars": 0})
        found.Reload()
        return {name: {event.step: event.value for event in found.Scalars(name)} for name in found.Tags()["scalars"]}

    return read


def learn(run: Run, batches: int) -> None:
    """Appends batches as a training does, each with numbers of its own, and the rows of epochs that end."""
    for _ in range(batches):
        done = len(run.history) + 1
        run.history.add_batches([1 / done], [done / 100], [0.5 / done], [done / BATCHES_OF_AN_EPOCH])
        if done % BATCHES_OF_AN_EPOCH == 0:
            epoch = done // BATCHES_OF_AN_EPOCH
            run.history.add_epoch(EpochRow(epoch, epoch + 0.1, 0.2, epoch + 0.3, 0.4, 0.5))


def expected(batches: int) -> dict[str, dict[int, float]]:
    """What a reader must find after so many batches."""
    steps = range(1, batches + 1)
    ends = {epoch: epoch * BATCHES_OF_AN_EPOCH for epoch in range(1, batches // BATCHES_OF_AN_EPOCH + 1)}
    return {
        "batch/loss": {step: 1 / step for step in steps},
        "batch/accuracy": {step: step / 100 for step in steps},
        "batch/learning_rate": {step: 0.5 / step for step in steps},
        "epoch/train_loss": {end: epoch + 0.1 for epoch, end in ends.items()},
        "epoch/train_accuracy": dict.fromkeys(ends.values(), 0.2),
        "epoch/validation_loss": {end: epoch + 0.3 for epoch, end in ends.items()},
        "epoch/validation_accuracy": dict.fromkeys(ends.values(), 0.4),
        "epoch/seconds": dict.fromkeys(ends.values(), 0.5),
    }


def nearly(values: dict[str, dict[int, float]]) -> dict[str, Any]:
    return {name: pytest.approx(steps, rel=1e-6) for name, steps in values.items()}


# --- what is new in a history


def test_each_number_is_told_once_and_in_order(run: Run) -> None:
    numbers = NewNumbers(run.history)
    assert list(numbers.take()) == []
    learn(run, 6)
    told = list(numbers.take())
    assert [step for step, _ in told] == [1, 2, 3, 4, 4, 5, 6]
    assert told[4][1]["epoch/train_loss"] == 1.1
    assert told[0][1] == {"batch/loss": 1.0, "batch/accuracy": pytest.approx(0.01), "batch/learning_rate": 0.5}
    learn(run, 1)
    assert [step for step, _ in numbers.take()] == [7]
    assert list(numbers.take()) == []


def test_an_epoch_that_is_measured_after_its_last_batch_was_told_stands_there_too(run: Run) -> None:
    run.history.add_batches([1.0, 1.0], [0.0, 0.0], ends=[0.5, 1.0])
    numbers = NewNumbers(run.history)
    assert len(list(numbers.take())) == 2
    run.history.add_epoch(EpochRow(1, 0.5, 0.5, 0.5, 0.5, 0.5))
    assert [step for step, _ in numbers.take()] == [2]
    assert list(numbers.take()) == []


def test_what_could_not_be_written_is_told_again(run: Run) -> None:
    learn(run, 5)
    numbers = NewNumbers(run.history)
    taking = numbers.take()
    assert [next(taking)[0] for _ in range(3)] == [1, 2, 3]
    taking.close()
    assert [step for step, _ in numbers.take()] == [3, 4, 4, 5]


def test_a_learning_rate_that_nobody_kept_is_left_out_and_a_loss_that_is_no_number_is_not() -> None:
    history = History()
    history.add_batches([math.nan], [0.5])
    ((_, values),) = NewNumbers(history).take()
    assert set(values) == {"batch/loss", "batch/accuracy"}
    assert math.isnan(values["batch/loss"])


def test_epochs_of_batches_whose_shares_do_not_add_up_to_a_whole_end_with_their_last() -> None:
    history = History()
    history.add_batches([1.0] * 6, [0.0] * 6, ends=np.arange(1, 7) * (1 / 3) * (1 - 1e-12))
    for epoch in (1, 2):
        history.add_epoch(EpochRow(epoch, 0.0, 0.0, 0.0, 0.0, 0.0))
    steps = [step for step, values in NewNumbers(history).take() if "epoch/seconds" in values]
    assert steps == [3, 6]


# --- every writer


@pytest.mark.parametrize("name", WRITERS.names())
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    package = PACKAGES[name]
    for module in [*sys.modules, package]:
        if module.partition(".")[0] == package:
            monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LeptonError) as caught:
        WRITERS[name]().open(run)
    assert package in caught.value.what
    assert f"pip install {package}" in caught.value.remedy


# --- TensorBoard


def test_tensorboard_reads_every_number(run: Run, event_reader: Any) -> None:
    record = TensorBoard().open(run)
    for batches in (3, 0, 7):
        learn(run, batches)
        record.write()
    record.close()
    assert event_reader(run.folder / "tensorboard") == nearly(expected(10))


def test_numbers_are_in_the_file_before_it_is_closed(run: Run, event_reader: Any) -> None:
    record = TensorBoard().open(run)
    learn(run, 3)
    record.write()
    assert len(event_reader(run.folder / "tensorboard")["batch/loss"]) == 3
    learn(run, 1)
    record.close()
    assert len(event_reader(run.folder / "tensorboard")["batch/loss"]) == 4


@pytest.mark.parametrize("kept", [0, 3, 4, 5, 9])
def test_after_a_resume_tensorboard_sees_one_record_without_a_seam(run: Run, event_reader: Any, kept: int) -> None:
    record = TensorBoard().open(run)
    learn(run, 9)
    record.close()
    # Back to the checkpoint: what came after it is trained again.
    run.history.truncate(kept, kept // BATCHES_OF_AN_EPOCH)
    record = TensorBoard().open(run)
    learn(run, 13 - kept)
    record.close()
    assert event_reader(run.folder / "tensorboard") == nearly(expected(13))


def test_what_a_killed_training_did_not_write_is_written_by_the_next(run: Run, event_reader: Any) -> None:
    first = TensorBoard().open(run)
    learn(run, 4)
    first.write()
    file = next((run.folder / "tensorboard").iterdir())
    # Killed while it wrote: the end of the file is missing, and of the last batches nothing was written.
    content = file.read_bytes()
    first.close()
    file.write_bytes(content[:-90])
    learn(run, 2)
    record = TensorBoard().open(run)
    record.write()
    learn(run, 3)
    record.close()
    assert event_reader(run.folder / "tensorboard") == nearly(expected(9))


def test_a_training_that_was_resumed_and_killed_at_once_leaves_no_hole(run: Run, event_reader: Any) -> None:
    learn(run, 6)
    TensorBoard().open(run).close()
    killed = TensorBoard().open(run)
    learn(run, 1)
    killed.close()
    last = TensorBoard().open(run)
    learn(run, 1)
    last.close()
    assert event_reader(run.folder / "tensorboard") == nearly(expected(8))


def test_a_training_that_was_stopped_and_went_on_is_one_record(
    tiny_experiment: Experiment, tiny_samples: Samples, event_reader: Any
) -> None:
    hyperparameters = msgspec.structs.replace(tiny_experiment.hyperparameters, writers=(TensorBoard(),))
    run = Run.create(msgspec.structs.replace(tiny_experiment, hyperparameters=hyperparameters))
    walk = start_training(run, tiny_samples)
    assert len(list(itertools.islice((event for event in walk if event is None), 2))) == 2
    walk.close()
    run = Run.open(run.folder)
    for _ in start_training(run, tiny_samples):
        pass
    found, history = event_reader(run.folder / "tensorboard"), run.history
    steps = range(1, len(history) + 1)
    assert found["batch/loss"] == pytest.approx(dict(zip(steps, history.batch_loss.tolist(), strict=True)))
    assert found["batch/learning_rate"] == pytest.approx(dict(zip(steps, history.batch_rate.tolist(), strict=True)))
    assert list(found["epoch/validation_loss"].values()) == pytest.approx(
        [row.validation_loss for row in history.epochs]
    )


def test_a_folder_that_cannot_be_written_is_named(run: Run) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    (run.folder / "tensorboard").write_text("in the way")
    with pytest.raises(LeptonError, match="tensorboard could not be written"):
        TensorBoard().open(run)


# --- Weights & Biases


def records(file: Path) -> Iterator[bytes]:
    """The records of a file of Weights & Biases: LevelDB's log after a head of seven bytes.

    https://github.com/google/leveldb/blob/main/doc/log_format.md
    """
    content, place, whole = file.read_bytes(), 7, b""
    block = 32768
    while place + 7 <= len(content):
        if block - place % block < 7:
            place += block - place % block
            continue
        _, length, kind = struct.unpack("<IHB", content[place : place + 7])
        whole += content[place + 7 : place + 7 + length]
        place += 7 + length
        # 1 is a whole record, 4 the last part of one.
        if kind in (1, 4):
            yield whole
            whole = b""


def read_wandb(run: Run) -> tuple[dict[str, dict[int, float]], Any]:
    """{name: {batch: value}} and the head of the only run in the folder of a run."""
    import json

    from wandb.proto.wandb_internal_pb2 import Record as Message

    (file,) = (run.folder / "wandb").glob("offline-run-*/*.wandb")
    found: dict[str, dict[int, float]] = {}
    head = None
    for content in records(file):
        message = Message.FromString(content)
        if message.HasField("run"):
            head = message.run
        for item in message.history.item:
            name = item.key or ".".join(item.nested_key)
            if not name.startswith("_"):
                found.setdefault(name, {})[message.history.step.num] = json.loads(item.value_json)
    return found, head


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails whatever would reach for the network or ask who one is."""
    pytest.importorskip("wandb", reason="wandb is not installed")
    import wandb

    def refused(*_arguments: Any, **_more: Any) -> None:
        raise AssertionError("it asked for the network")

    monkeypatch.setattr(wandb, "login", refused)
    monkeypatch.setattr("socket.getaddrinfo", refused)
    monkeypatch.setattr("socket.create_connection", refused)


def finished(record: Record, run: Run, batches: int) -> None:
    learn(run, batches)
    record.write()
    record.close()


@pytest.mark.usefixtures("no_network")
def test_weights_and_biases_gets_every_number_and_goes_on_after_a_resume(
    run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    # In a thread, as the window trains; nothing is said, nothing is asked.
    errors: list[BaseException] = []

    def train() -> None:
        try:
            finished(WandbOffline().open(run), run, 6)
        except BaseException as error:  # noqa: BLE001 - for the assertion in the other thread
            errors.append(error)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert errors == []
    found, head = read_wandb(run)
    assert found == nearly(expected(6))
    assert (head.run_id, head.display_name, head.project) == (run.id, "Written", "lepton-studio")
    assert not head.host
    run.history.truncate(4, 1)
    finished(WandbOffline().open(run), run, 5)
    assert read_wandb(run)[0] == nearly(expected(9))
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_network")
def test_trouble_of_weights_and_biases_is_explained(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import wandb

    def fails(*_arguments: Any, **_more: Any) -> None:
        raise wandb.Error("it would not start")

    monkeypatch.setattr(wandb, "init", fails)
    with pytest.raises(LeptonError, match="could not keep its record: it would not start"):
        WandbOffline().open(run)
