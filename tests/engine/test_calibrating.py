"""Measuring a run: what comes of it, where it is kept, to which weights it belongs, and what damage does to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from lepton_studio import paths
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.calibrating import STRANGER, accuracies_of_answered, calibrate, load_and_calibrate
from lepton_studio.engine.calibration import (
    COVERAGES,
    LEAST_SAMPLES,
    Calibration,
    calibration_of,
    weights_digest,
)
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.familiarity import Familiarity, StrangerRow
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run
from lepton_studio.engine.splits import cut
from lepton_studio.engine.training import start_training


def _last(items: Iterable[object]) -> Calibration:
    *_, last = items
    assert isinstance(last, Calibration)
    return last


def _corners(count: int, seed: int = 5) -> Samples:
    """As ``tiny_samples``, but as many as are wanted; every tenth label is wrong."""
    random = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int64) % 4
    images = random.integers(0, 90, (count, 1, 8, 8), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 60
    wrong = np.where(np.arange(count) % 10 == 9, (labels + 1) % 4, labels)
    corners = ("north west", "north east", "south west", "south east")
    return Samples(images, wrong, corners, np.arange(count) >= count - 40)


def _trained(experiment: Experiment, samples: Samples) -> Run:
    run = Run.create(experiment, "Corners")
    for _ in start_training(run, samples):
        pass
    return run


@pytest.fixture
def samples() -> Samples:
    return _corners(540)


@pytest.fixture
def run(tiny_experiment: Experiment, samples: Samples) -> Run:
    """A run of which 100 pictures were kept back for validation."""
    return _trained(tiny_experiment, samples)


@pytest.fixture
def calibration(run: Run, samples: Samples) -> Calibration:
    return _last(calibrate(run, samples))


@pytest.fixture(scope="module")
def measured_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first that needs a measured run leaves one for the others."""
    return tmp_path_factory.mktemp("measured") / "run"


@pytest.fixture
def measured(measured_folder: Path, tiny_experiment: Experiment, samples: Samples, tmp_path: Path) -> Run:
    """A run that was measured; trained once, because damage to its files needs no training of its own."""
    if not measured_folder.exists():
        run = _trained(tiny_experiment, samples)
        _last(calibrate(run, samples))
        shutil.copytree(run.folder, measured_folder)
    copy = Run.open(shutil.copytree(measured_folder, tmp_path / "measured"))
    assert calibration_of(copy) is not None
    return copy


def test_what_is_measured_is_kept_and_read_again(run: Run, samples: Samples, calibration: Calibration) -> None:
    read = calibration_of(Run.open(run.folder))
    assert read is not None
    assert read.figures == calibration.figures
    assert (read.figures.samples, read.is_enough) == (100, True)
    looked = Predictor(run).look(samples.images)
    assert np.array_equal(read.scores(looked), calibration.scores(looked))
    assert np.array_equal(read.probabilities(looked), calibration.probabilities(looked))


def test_progress_is_told_before_the_result(run: Run, samples: Samples) -> None:
    items = list(calibrate(run, samples))
    progress = [item for item in items if isinstance(item, Progress)]
    assert progress[-1].done == progress[-1].total == 500
    assert isinstance(items[-1], Calibration)


def test_the_chosen_share_of_the_validation_pictures_is_answered(
    run: Run, samples: Samples, calibration: Calibration
) -> None:
    held = cut(samples, run.experiment)["validation"]
    scores = calibration.scores(Predictor(run).look(samples.images[held]))
    for coverage in (0.5, 0.8, 0.95):
        answered = scores >= calibration.threshold(coverage)
        assert coverage <= answered.mean() <= coverage + 0.02
        right = Predictor(run).probabilities(samples.images[held]).argmax(axis=1) == samples.labels[held]
        assert calibration.accuracy_at(coverage) == pytest.approx(right[answered].mean())
    assert calibration.threshold(1.0) == float("-inf")
    assert calibration.accuracy_at(1.0) == pytest.approx(calibration.figures.accuracy)


def test_what_lies_off_all_that_was_learned_is_refused(run: Run, samples: Samples, calibration: Calibration) -> None:
    stripes = np.zeros((50, 1, 8, 8), np.uint8)
    stripes[:, :, ::2] = np.arange(150, 250, 2, dtype=np.uint8)[:, None, None, None]
    refused = calibration.scores(Predictor(run).look(stripes)) < calibration.threshold(0.95)
    assert refused.mean() > 0.9


def test_without_any_calibration_all_is_answered(run: Run, samples: Samples) -> None:
    assert calibration_of(run) is None
    looked = Predictor(run).look(samples.images[:5])
    assert (Calibration().scores(looked) >= Calibration().threshold(0.5)).all()
    assert np.allclose(Calibration().probabilities(looked), Predictor(run).probabilities(samples.images[:5]), atol=1e-6)
    assert np.isnan(Calibration().accuracy_at(0.95))


def test_one_of_other_weights_is_not_used(run: Run, samples: Samples, calibration: Calibration) -> None:
    assert calibration_of(run) is not None
    run.extend(1)
    for _ in start_training(run, samples):
        pass
    assert calibration_of(run) is None
    _last(calibrate(run, samples))
    assert calibration_of(run) is not None


def test_a_run_that_learns_has_none_and_is_not_measured(run: Run, samples: Samples, calibration: Calibration) -> None:
    run.update(state="running")
    assert calibration_of(run) is None
    with pytest.raises(LeptonError, match="is being trained"):
        list(calibrate(run, samples))


def test_a_kept_epoch_has_one_of_its_own(run: Run, samples: Samples, calibration: Calibration) -> None:
    first = run.at_epoch(run.kept_epochs()[0].epoch)
    assert calibration_of(first) is None
    measured = _last(calibrate(first, samples))
    assert measured.figures.weights != calibration.figures.weights
    read = calibration_of(run.at_epoch(first.shown_epoch or 0))
    assert read is not None
    assert read.figures == measured.figures
    assert calibration_of(run) is not None
    assert [each.epoch for each in run.kept_epochs()] == [1, 2]


def test_what_was_measured_of_an_epoch_goes_with_its_weights(run: Run, samples: Samples) -> None:
    first = run.at_epoch(1)
    _last(calibrate(first, samples))
    first.checkpoint.unlink()
    _last(calibrate(run, samples))
    assert not list((run.folder / "epochs").glob("calibration-*"))


def test_weights_that_a_training_left_do_not_change_what_is_measured(run: Run, samples: Samples) -> None:
    expected = _last(calibrate(Run.open(run.folder), samples)).figures
    assert run.weights is not None
    run.leave_weights({name: tensor * 0 for name, tensor in run.weights.items()})
    assert _last(calibrate(run, samples)).figures == expected


def test_of_too_few_pictures_nothing_is_promised(tiny_experiment: Experiment) -> None:
    few = _corners(65)
    run = _trained(tiny_experiment, few)
    measured = _last(calibrate(run, few))
    assert 0 < measured.figures.samples < LEAST_SAMPLES
    assert not measured.is_enough
    assert measured.temperature == 1.0
    assert measured.threshold(0.5) == float("-inf")
    read = calibration_of(run)
    assert read is not None
    assert read.figures == measured.figures
    assert np.isnan(read.accuracy_at(0.9))


def test_without_validation_pictures_there_is_a_plain_nothing(run: Run, samples: Samples) -> None:
    for_testing = Samples(samples.images, samples.labels, samples.class_names, np.ones(len(samples), bool))
    measured = _last(calibrate(run, for_testing))
    assert (measured.figures.samples, measured.is_enough) == (0, False)
    assert calibration_of(run) is not None


def test_two_classes_are_enough(tiny_experiment: Experiment) -> None:
    many = _corners(540)
    two = Samples(many.images, many.labels % 2, ("west", "east"), many.is_test)
    *before, last = tiny_experiment.architecture.layers
    halved = Architecture("Two", (*before, msgspec.structs.replace(last, outputs=2)))
    run = _trained(msgspec.structs.replace(tiny_experiment, architecture=halved), two)
    measured = _last(calibrate(run, two))
    assert measured.is_enough
    assert 0.9 <= (measured.scores(Predictor(run).look(two.images)) >= measured.threshold(0.95)).mean() <= 1


def test_a_network_without_a_linear_layer_is_measured_by_its_answers(
    tiny_experiment: Experiment, samples: Samples
) -> None:
    layers = (Conv2d(channels=4, padding=1), MaxPool2d(), MaxPool2d(), MaxPool2d(), Flatten())
    run = _trained(msgspec.structs.replace(tiny_experiment, architecture=Architecture("Bare", layers)), samples)
    measured = _last(calibrate(run, samples))
    assert measured.is_enough
    assert isinstance(measured.familiarity, Familiarity)
    assert measured.familiarity.means.shape == (4, 4)


def test_the_row_of_strangers_beside_a_network_is_taken(run: Run, samples: Samples) -> None:
    width = Predictor(run).look(samples.images[:1]).features.shape[1]
    save_file({"weight": np.ones(width, np.float32), "bias": np.zeros(1, np.float32)}, run.folder / STRANGER)
    measured = _last(calibrate(run, samples))
    assert isinstance(measured.familiarity, StrangerRow)
    read = calibration_of(run)
    assert read is not None
    looked = Predictor(run).look(samples.images)
    assert np.array_equal(read.scores(looked), measured.scores(looked))
    # An older epoch has no such row: what it was taught is seen in its features.
    assert isinstance(_last(calibrate(run.at_epoch(1), samples)).familiarity, Familiarity)


@pytest.mark.parametrize("content", [b"", b"nonsense" * 20, None], ids=["empty", "nonsense", "other network"])
def test_a_row_of_strangers_that_does_not_fit_is_told(run: Run, samples: Samples, content: bytes | None) -> None:
    if content is None:
        save_file({"weight": np.ones(3, np.float32), "bias": np.zeros(1, np.float32)}, run.folder / STRANGER)
    else:
        (run.folder / STRANGER).write_bytes(content)
    with pytest.raises(LeptonError, match=STRANGER):
        list(calibrate(run, samples))
    assert calibration_of(run) is None


def test_nothing_is_written_into_the_folder_of_what_ships(
    run: Run, samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "resources" / "models" / "net"
    shutil.copytree(run.folder, shipped)
    monkeypatch.setattr(paths, "resources", lambda: tmp_path / "resources")
    before = sorted(path.name for path in shipped.iterdir())
    assert _last(calibrate(Run.open(shipped), samples)).is_enough
    assert sorted(path.name for path in shipped.iterdir()) == before
    _last(calibrate(Run.open(shipped), samples, keep=True))
    assert calibration_of(Run.open(shipped)) is not None


def test_a_run_without_weights_and_a_strange_dataset_are_told(
    run: Run, samples: Samples, tiny_experiment: Experiment
) -> None:
    fresh = Run.create(tiny_experiment, "Fresh")
    fresh.update(state="stopped")
    with pytest.raises(LeptonError, match="no weights yet"):
        list(calibrate(fresh, samples))
    other = Samples(samples.images[:, :, :4], samples.labels, samples.class_names, samples.is_test)
    with pytest.raises(LeptonError, match="other pictures"):
        list(calibrate(run, other))


def test_closing_half_way_leaves_nothing_behind(run: Run, samples: Samples) -> None:
    before = sorted(path.name for path in run.folder.rglob("*"))
    work = calibrate(run, samples)
    next(work)
    work.close()
    assert sorted(path.name for path in run.folder.rglob("*")) == before


def test_samples_that_are_loaded_are_taken_and_handed_on(run: Run, samples: Samples) -> None:
    items = list(load_and_calibrate(run, samples))
    assert items[0] is samples
    assert isinstance(items[-1], Calibration)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_damaged_files_count_as_none(calibration: Calibration, run: Run, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["calibration.json", "calibration.safetensors"]))
    path = run.folder / name
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from(
            [whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :], b"", b"[" * 5000]
        )
    )
    try:
        path.write_bytes(damaged)
        found = calibration_of(run)
        # A digit of a figure may be another and still be one; the arrays are known by their digest.
        assert found is None or (name == "calibration.json" and found.temperature > 0)
    finally:
        path.write_bytes(whole)
    assert calibration_of(run) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"temperature": 0.0}, {"temperature": -1.0}, {"version": 2}, {"weights": ""}, {"accuracies": [1.0]},
        {"arrays": "0"}, {"before": {"counts": [1], "confidence": [], "accuracy": []}}, {"temperature": "hot"},
        {"samples": -3},
    ],
    ids=str,
)  # fmt: skip
def test_figures_that_cannot_be_count_as_none(measured: Run, changed: dict[str, object]) -> None:
    path = measured.folder / "calibration.json"
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | changed))
    assert calibration_of(measured) is None


@pytest.mark.parametrize("name", ["whitening", "bank", "counts", "means", "values.0", "levels.2", "fall.4"])
@pytest.mark.parametrize("damage", ["gone", "other shape", "not a number"])
def test_arrays_that_do_not_belong_together_count_as_none(measured: Run, name: str, damage: str) -> None:
    calibration = calibration_of(measured)
    assert calibration is not None
    assert calibration.familiarity is not None
    assert calibration.doubt is not None
    arrays = dict(calibration.familiarity.arrays() | calibration.doubt.arrays())
    if damage == "gone":
        del arrays[name]
    elif damage == "other shape":
        arrays[name] = np.concatenate([arrays[name], arrays[name]])
    else:
        arrays[name] = np.full(arrays[name].shape, np.nan, np.float32)
    save_file(arrays, measured.folder / "calibration.safetensors")
    figures = msgspec.json.decode((measured.folder / "calibration.json").read_bytes())
    figures["arrays"] = weights_digest(measured.folder / "calibration.safetensors")
    (measured.folder / "calibration.json").write_bytes(msgspec.json.encode(figures))
    assert calibration_of(measured) is None


def test_a_large_file_of_weights_is_known_by_some_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_studio.engine.calibration.WHOLE_BYTES", 1000)
    path = tmp_path / "weights"
    content = np.random.default_rng(0).integers(0, 256, 500_000, dtype=np.uint8)
    path.write_bytes(content.tobytes())
    first = weights_digest(path)
    assert weights_digest(path) == first
    path.write_bytes((content ^ 1).tobytes())
    assert weights_digest(path) != first
    path.write_bytes(content.tobytes() + b"x")
    assert weights_digest(path) != first


def test_the_accuracy_of_what_is_answered_is_counted() -> None:
    scores, right = np.array([0.0, 0.3, 0.6, 0.9]), np.array([False, True, False, True])
    assert accuracies_of_answered(scores, right, (0.05, 0.5, 0.8, 1.0)) == (0.0, 0.5, pytest.approx(2 / 3), 0.5)
    assert len(COVERAGES) == 51
