"""What is seen of a network while it learns."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.kept_epochs import best_epoch
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run
from lepton_studio.engine.snapshots import FOLDER, FOLLOWED, forget_snapshots_after, read_snapshot, snapshots_of
from lepton_studio.engine.training import learn_one_epoch, start_training


def test_each_epoch_leaves_a_snapshot_of_the_validation_split(trained_run, tiny_samples) -> None:
    assert snapshots_of(trained_run.folder) == (1, 2)
    snapshot = read_snapshot(trained_run.folder, 2)
    validation = trained_run.history.epochs[1]
    assert snapshot.confusion.sum() == trained_run.record.validation_size
    assert snapshot.confusion.trace() / snapshot.confusion.sum() == pytest.approx(validation.validation_accuracy)
    assert len(snapshot.followed) == FOLLOWED
    # However short an epoch is, its last step is looked at.
    assert snapshot.ends[-1] == 2.0
    assert snapshot.labels.tolist() == sorted(tiny_samples.labels[snapshot.followed].tolist())
    assert set(snapshot.labels.tolist()) == {0, 1, 2, 3}
    assert snapshot.probabilities.sum(axis=1) == pytest.approx(np.ones(FOLLOWED))
    assert not set(snapshot.followed.tolist()) & set(np.flatnonzero(tiny_samples.is_test).tolist())


def test_what_is_followed_is_what_the_kept_weights_answer(trained_run, tiny_samples) -> None:
    snapshot = read_snapshot(trained_run.folder, 1)
    then = Predictor(trained_run.at_epoch(1))
    assert then.probabilities(tiny_samples.images[snapshot.followed]) == pytest.approx(snapshot.probabilities, abs=1e-5)
    now = Predictor(trained_run)
    assert now.probabilities(tiny_samples.images[snapshot.followed]) != pytest.approx(snapshot.probabilities, abs=1e-3)


def test_filters_and_histograms_are_those_of_the_weights(trained_run) -> None:
    snapshot = read_snapshot(trained_run.folder, 2)
    weights = Predictor(trained_run)._network.state_dict()
    assert snapshot.filters == pytest.approx(weights["layers.0.weight"].numpy())
    assert [layer.name for layer in snapshot.layers] == ["1 Conv2d", "6 Linear"]
    for layer, name in zip(snapshot.layers, ("layers.0", "layers.5"), strict=True):
        both = torch.cat([weights[f"{name}.weight"].flatten(), weights[f"{name}.bias"]])
        assert layer.counts.sum() == len(both)
        assert (layer.edges[0], layer.edges[-1]) == pytest.approx((float(both.min()), float(both.max())))


def test_gradients_and_updates_are_those_of_the_step(tiny_experiment, tiny_samples) -> None:
    learner = Learner(Run.create(tiny_experiment), tiny_samples)
    learner.run.watched = True
    meter = Meter(learner.run, learner.batches, learner.position)
    before = [parameter.detach().clone() for parameter in learner.network.layers[5].parameters()]
    steps = learn_one_epoch(learner, meter)
    next(steps)
    after = [parameter.detach() for parameter in learner.network.layers[5].parameters()]
    gradient = sum(float(parameter.grad.square().sum()) for parameter in learner.network.layers[5].parameters()) ** 0.5
    moved = sum(float((new - old).square().sum()) for new, old in zip(after, before, strict=True)) ** 0.5
    length = sum(float(old.square().sum()) for old in before) ** 0.5
    seen = learner.run.snapshot.layers[1]
    assert seen.gradients == pytest.approx([gradient], rel=1e-5)
    assert seen.updates == pytest.approx([moved / length], rel=1e-4)
    assert learner.run.snapshot.ends == pytest.approx([32 / 72])


def test_looking_changes_nothing_that_is_learned(tiny_experiment, tiny_samples) -> None:
    seen, unseen = Run.create(tiny_experiment), Run.create(tiny_experiment)
    seen.watched = True
    for run in (seen, unseen):
        for _ in start_training(run, tiny_samples):
            pass
    assert seen.history.batch_loss.tobytes() == unseen.history.batch_loss.tobytes()
    assert len(read_snapshot(seen.folder, 1).ends) == 3


def test_units_that_never_answer_are_counted(tiny_experiment, tiny_samples) -> None:
    architecture = Architecture("Rows", (Flatten(), Linear(outputs=10), Relu(), Linear(outputs=4)))
    learner = Learner(Run.create(msgspec.structs.replace(tiny_experiment, architecture=architecture)), tiny_samples)
    with torch.no_grad():
        learner.network.layers[1].weight[:3] = 0
        learner.network.layers[1].bias[:3] = -1
        learner.network.layers[1].bias[3:] = 100
    meter = Meter(learner.run, learner.batches, learner.position)
    found = meter.watch_of(learner)._dead_units(learner)
    assert [round(share, 3) for share in found.values()] == [0.3]
    assert next(iter(found)) is learner.network.layers[1]


def test_a_unit_that_answers_to_one_picture_is_not_dead(tiny_experiment, tiny_samples) -> None:
    architecture = Architecture("Rows", (Flatten(), Linear(outputs=2), Relu(), Linear(outputs=4)))
    learner = Learner(Run.create(msgspec.structs.replace(tiny_experiment, architecture=architecture)), tiny_samples)
    with torch.no_grad():
        # Answers that lie around zero for the pictures at hand, and some that never rise above it.
        layer = learner.network.layers[1]
        layer.weight[0] = torch.linspace(-1, 1, layer.weight.shape[1])
        layer.weight[1], layer.bias[0], layer.bias[1] = 0, 0, -1
    found = Meter(learner.run, learner.batches, learner.position).watch_of(learner)._dead_units(learner)
    assert list(found.values()) == [0.5]


def test_only_what_comes_after_an_epoch_is_forgotten(tmp_path) -> None:
    (tmp_path / FOLDER).mkdir()
    for epoch in range(1, 6):
        (tmp_path / FOLDER / f"epoch-{epoch:05}.safetensors").touch()
    forget_snapshots_after(tmp_path, 3)
    assert snapshots_of(tmp_path) == (1, 2, 3)


def test_the_last_epochs_and_the_best_are_kept_and_can_be_looked_at(tiny_experiment, tiny_samples) -> None:
    settings = msgspec.structs.replace(tiny_experiment.hyperparameters, epochs=6, kept_epochs=2)
    run = Run.create(msgspec.structs.replace(tiny_experiment, hyperparameters=settings))
    for _ in start_training(run, tiny_samples):
        pass
    best = best_epoch(run.history.epochs)
    assert {each.epoch for each in run.kept_epochs()} == {5, 6, best}
    assert [each.epoch for each in run.kept_epochs() if each.is_best] == [best]
    with pytest.raises(LeptonError, match="epoch 7"):
        run.at_epoch(7)
    assert Predictor(run.at_epoch(5)).shape == (1, 8, 8)


def test_a_resume_forgets_what_it_trains_again(tiny_experiment, tiny_samples) -> None:
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    for _ in range(3):
        next(events)
    run.keep()
    checkpoint = run.checkpoint.read_bytes()
    for _ in events:
        pass
    run.checkpoint.write_bytes(checkpoint)
    run.update(state="stopped", epochs_done=0)
    opened = Run.open(run.folder)
    Learner(opened, tiny_samples)
    assert snapshots_of(run.folder) == ()
    assert opened.kept_epochs() == ()
