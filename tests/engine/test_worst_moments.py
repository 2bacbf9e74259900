"""What people and machines do to a training at the worst moment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio.engine import kept_epochs, snapshots
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.errors import Diverged, LeptonError
from lepton_studio.engine.events import EpochFinished, Notice
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.layers.batch_norm1d import BatchNorm1d
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.regularisations.early_stopping import EarlyStopping
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.runs import Run
from lepton_studio.engine.schedules.cosine import Cosine
from lepton_studio.engine.training import start_training


def changed(experiment: Experiment, **fields: Any) -> Experiment:
    settings = msgspec.structs.replace(experiment.hyperparameters, **fields)
    return msgspec.structs.replace(experiment, hyperparameters=settings)


def trained(run: Run, samples: Any) -> Run:
    for _ in start_training(run, samples):
        pass
    return run


def walked(training: Iterator[Any], batches: int) -> None:
    """Goes on to so many places to stop."""
    while batches:
        batches -= next(training) is None


def in_phase(run: Run, training: Iterator[Any], phase: str) -> None:
    while run.pace.phase != phase:
        next(training)


def test_more_epochs_that_are_asked_for_in_the_last_validation_are_trained(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    training = start_training(run, tiny_samples)
    for phase in ("train", "validation", "train", "validation"):
        in_phase(run, training, phase)
    assert len(run.history.epochs) == 1
    run.steer("epochs", 4)
    list(training)
    assert run.record.state == "finished"
    assert len(run.history.epochs) == 4
    assert not run.wishes


def test_fewer_epochs_than_are_done_end_the_training_after_this_one_and_the_rate_does_not_rise_again(
    tiny_experiment, tiny_samples
) -> None:
    experiment = changed(tiny_experiment, epochs=6, schedule=Cosine(warm_up=0.0))
    run = Run.create(experiment)
    training = start_training(run, tiny_samples)
    while len(run.history.epochs) < 3:
        next(training)
    in_phase(run, training, "train")
    walked(training, 1)
    run.steer("epochs", 1)
    list(training)
    assert len(run.history.epochs) == 4
    assert run.record.state == "finished"
    assert run.history.batch_rate[-1] < 1e-6
    # And it can be trained longer from there.
    run.extend(1)
    assert len(trained(run, tiny_samples).history.epochs) == 5


def test_a_batch_of_one_is_refused_where_pictures_are_compared_and_the_training_goes_on(
    tiny_experiment, tiny_samples
) -> None:
    layers = tiny_experiment.architecture.layers
    architecture = msgspec.structs.replace(
        tiny_experiment.architecture, layers=(*layers[:-1], BatchNorm1d(), layers[-1])
    )
    run = Run.create(msgspec.structs.replace(tiny_experiment, architecture=architecture))
    training = start_training(run, tiny_samples)
    walked(training, 1)
    run.steer("batch_size", 1)
    said = [event for event in training if isinstance(event, Notice)]
    assert ["Batch norm" in notice.what for notice in said] == [True]
    assert run.record.state == "finished"
    assert run.changes == ()


@pytest.mark.parametrize("size", [1, 10_000_000])
def test_any_batch_size_can_be_taken_while_it_goes_on(tiny_experiment, tiny_samples, size: int) -> None:
    run = Run.create(tiny_experiment)
    training = start_training(run, tiny_samples)
    walked(training, 1)
    run.steer("batch_size", size)
    list(training)
    assert run.record.state == "finished"
    assert [change.after for change in run.changes] == [size]
    assert run.history.batch_end[-1] == pytest.approx(2)


def test_a_run_that_another_process_trained_on_meanwhile_goes_on_from_there(tiny_experiment, tiny_samples) -> None:
    run = Run.create(changed(tiny_experiment, epochs=6))
    training = start_training(run, tiny_samples)
    walked(training, 2)
    training.close()
    # What another process has of it; it goes on first, and somebody steers it there.
    other = Run.open(run.folder)
    training = start_training(other, tiny_samples)
    walked(training, 3)
    other.steer("learning_rate", 0.005)
    walked(training, 3)
    training.close()
    trained(run, tiny_samples)
    assert run.record.state == "finished"
    assert run.changes == other.changes
    assert len(run.history) == 6 * 3
    assert len(run.history.epochs) == 6


def test_one_who_waited_for_a_training_elsewhere_does_not_spoil_what_it_came_to(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    late = Run.open(run.folder)
    trained(run, tiny_samples)
    trained(late, tiny_samples)
    now = Run.open(run.folder)
    assert now.record.state == "finished"
    assert now.record.epochs_done == 2
    assert now.record.test_accuracy == run.record.test_accuracy
    assert len(now.history) == len(run.history)


def test_more_epochs_for_a_run_that_was_steered_elsewhere_keep_those_changes(tiny_experiment, tiny_samples) -> None:
    run = trained(Run.create(tiny_experiment), tiny_samples)
    other = Run.open(run.folder)
    other.extend(2)
    training = start_training(other, tiny_samples)
    walked(training, 1)
    other.steer("learning_rate", 0.005)
    list(training)
    run.extend(1)
    assert [change.field for change in run.changes] == ["epochs", "learning_rate", "epochs"]
    assert run.changes[-1].after == 5
    assert len(trained(run, tiny_samples).history.epochs) == 5


def test_a_run_that_is_trained_elsewhere_is_not_made_longer_behind_its_back(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    other = Run.open(run.folder)
    training = start_training(run, tiny_samples)
    walked(training, 1)
    with pytest.raises(LeptonError, match="being trained"):
        other.extend(1)
    assert Run.open(run.folder).record.state == "running"
    list(training)
    assert len(run.history.epochs) == 2


def test_numbers_that_are_none_are_never_saved_over_the_last_good_checkpoint(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody looks before it is held: then the reading and the saving are one.
    monkeypatch.setattr("lepton_studio.engine.meter.SECONDS_BETWEEN_READINGS", 1e9)
    run = Run.create(changed(tiny_experiment, epochs=50, optimizer=Sgd(learning_rate=0.01)))
    training = start_training(run, tiny_samples)
    walked(training, 1)
    assert run.keep is not None
    run.keep()
    good = run.checkpoint.read_bytes()
    monkeypatch.setattr(
        type(tiny_experiment.hyperparameters.loss),
        "measure",
        lambda _self, logits, _labels: logits.sum() * float("nan"),
    )
    walked(training, 1)
    with pytest.raises(Diverged):
        run.keep()
    with pytest.raises(Diverged):
        training.close()
    assert run.checkpoint.read_bytes() == good
    assert Run.open(run.folder).record.state == "failed"
    assert run.record.diverged_at == 2


def test_the_best_epoch_that_the_disk_refused_does_not_spoil_the_end(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(changed(tiny_experiment, epochs=4, regularisations=(EarlyStopping(patience=100),)))
    training = start_training(run, tiny_samples)
    for event in training:
        if isinstance(event, EpochFinished) and event.row.epoch == 3:
            # As if the disk had been full when the best one was to be kept.
            best = kept_epochs.best_epoch(run.history.epochs)
            kept_epochs.weights_file(run.folder, best).unlink()
            rows = run.history.epochs
            run.history._epochs = (
                *rows[: best - 1], msgspec.structs.replace(rows[best - 1], validation_loss=1e-9), *rows[best:],
            )  # fmt: skip
    assert run.record.state == "finished"


def test_the_shipped_run_of_an_older_program_is_shown_and_goes_on_nowhere(
    tiny_samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(bundled_run().folder, tmp_path / "resources" / "models" / "pen_net")
    monkeypatch.setattr("lepton_studio.paths.resources", lambda: tmp_path / "resources")
    run = bundled_run()
    assert run.kept_epochs() == ()
    assert snapshots.snapshots_of(run.folder) == ()
    assert load_weights(run.checkpoint)
    before = {path: path.read_bytes() for path in run.folder.iterdir()}
    with pytest.raises(LeptonError):
        run.extend(1)
    with pytest.raises(LeptonError):
        list(start_training(run, tiny_samples))
    after = {path: path.read_bytes() for path in run.folder.iterdir()}
    assert after == before


def test_a_checkpoint_of_an_older_program_goes_on(tiny_experiment, tiny_samples) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    whole = trained(Run.create(tiny_experiment), tiny_samples)
    run = Run.create(tiny_experiment)
    training = start_training(run, tiny_samples)
    walked(training, 2)
    training.close()
    with safe_open(run.checkpoint, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        position = msgspec.json.decode(file.metadata()["position"])
    del position["seen"], position["steps"]
    save_file(tensors, run.checkpoint, {"position": msgspec.json.encode(position).decode()})
    history = msgspec.json.decode((run.folder / "history.json").read_bytes())
    del history["batch_rate"], history["batch_end"]
    (run.folder / "history.json").write_bytes(msgspec.json.encode(history))
    again = trained(Run.open(run.folder), tiny_samples)
    weights, others = load_weights(whole.checkpoint), load_weights(again.checkpoint)
    assert all(torch.equal(weights[name], others[name]) for name in weights)
    assert len(again.history) == len(whole.history)
    assert (again.history.batch_end[1:] > again.history.batch_end[:-1]).all()


GOES_ON = """
import sys
from pathlib import Path
import numpy as np
from lepton_studio.engine import LeptonError, Run, Samples, start_training

arrays = np.load(sys.argv[2])
samples = Samples(arrays["images"], arrays["labels"], tuple("abcd"), arrays["is_test"])
try:
    for _ in start_training(Run.open(Path(sys.argv[1])), samples):
        pass
    print("finished")
except LeptonError as error:
    print(error.what)
"""


def test_two_processes_that_go_on_with_one_run_at_once_leave_it_whole(
    tiny_experiment, tiny_samples, tmp_path: Path
) -> None:
    run = Run.create(changed(tiny_experiment, epochs=40))
    training = start_training(run, tiny_samples)
    walked(training, 4)
    training.close()
    data = tmp_path / "tiny.npz"
    np.savez(data, images=tiny_samples.images, labels=tiny_samples.labels, is_test=tiny_samples.is_test)
    command = [sys.executable, "-c", GOES_ON, str(run.folder), str(data)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    heard = [process.communicate(timeout=100)[0].strip() for process in both]
    assert "finished" in heard
    assert all(heard)
    now = Run.open(run.folder)
    assert now.record.state == "finished"
    assert (len(now.history), len(now.history.epochs)) == (120, 40)


def test_a_very_long_run_can_be_looked_back_at_from_its_first_epoch_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MOST_KEPT", 64)
    monkeypatch.setattr(snapshots, "NEWEST_KEPT", 8)
    none = np.zeros(0, np.int64)
    for epoch in range(1, 701):
        snapshots.save_snapshot(tmp_path, snapshots.Snapshot(epoch, none, none, np.zeros((0, 2), np.float32)))
    epochs = np.array(snapshots.snapshots_of(tmp_path))
    assert len(epochs) <= 64
    assert (epochs[0], epochs[-1]) == (1, 700)
    # Nowhere is a gap of more than a twentieth of the run.
    assert np.diff(epochs).max() <= 700 / 20
    assert set(range(693, 701)) <= set(epochs.tolist())


def test_what_a_killed_process_had_half_written_is_gone_after_the_next_training(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    training = start_training(run, tiny_samples)
    walked(training, 4)
    training.close()
    left = [run.folder / ".history.json.3bfed14d.part", run.folder / "watch" / ".epoch-00001.safetensors.1a2b3c4d.part"]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
    trained(run, tiny_samples)
    assert not any(path.exists() for path in left)
