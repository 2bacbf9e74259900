"""The nearest samples, against looking at every one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lepton_studio.engine import neighbours as module
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.neighbours import feature_neighbours, pixel_neighbours
from lepton_studio.engine.prediction import Predictor


def prepared(samples: Samples) -> module.PixelNeighbours:
    *progress, last = pixel_neighbours(samples)
    assert all(isinstance(item, Progress) for item in progress)
    assert isinstance(last, module.PixelNeighbours)
    return last


def looked_at_all(rows: np.ndarray, position: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    distances = np.sqrt(np.square(rows.astype(np.float64) - rows[position].astype(np.float64)).sum(axis=1))
    distances[position] = np.inf
    order = np.lexsort((np.arange(len(rows)), distances))[:k]
    return order, distances[order]


@pytest.mark.parametrize("kind", ["digits", "noise", "copies"])
def test_neighbours_are_those_of_looking_at_every_picture(kind) -> None:
    samples = load_samples(BundledDigits())
    if kind == "noise":
        # In noise nothing is near, so the bounds exclude nobody.
        random = np.random.default_rng(0)
        samples = replace(samples, images=random.integers(0, 256, samples.images.shape, dtype=np.uint8))
    elif kind == "copies":
        samples = replace(samples, images=samples.images[np.arange(len(samples)) % 300])
    search = prepared(samples)
    rows = samples.images.reshape(len(samples), -1)
    for position in (0, 17, len(samples) - 1):
        found = search.of(position, 9)
        positions, distances = looked_at_all(rows, position, 9)
        np.testing.assert_array_equal(found.positions, positions)
        np.testing.assert_allclose(found.distances, distances, rtol=1e-12)


def test_only_a_part_of_the_pictures_is_looked_at_in_full(monkeypatch) -> None:
    samples = load_samples(BundledDigits())
    search = prepared(samples)
    looked_at: list[int] = []
    in_order = module._in_order

    def noting(*arguments):
        for piece in in_order(*arguments):
            looked_at.append(len(piece))
            yield piece

    monkeypatch.setattr(module, "_in_order", noting)
    search.of(3, 5)
    # The last piece is refused by its bound.
    assert sum(looked_at[:-1]) < len(samples) / 2


def test_a_picture_of_its_own_has_its_twin_as_the_nearest(tiny_samples) -> None:
    found = prepared(tiny_samples).of_picture(tiny_samples.images[40], 3)
    assert found.positions[0] == 40
    assert found.distances[0] == 0


def test_a_mapped_file_gives_the_same(tmp_path, tiny_samples) -> None:
    np.save(tmp_path / "images.npy", tiny_samples.images)
    mapped = replace(tiny_samples, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    np.testing.assert_array_equal(prepared(mapped).of(5).positions, prepared(tiny_samples).of(5).positions)


@pytest.mark.parametrize(("count", "expected"), [(1, 0), (3, 2)])
def test_few_samples_have_few_neighbours(tiny_samples, count, expected) -> None:
    few = Samples(
        tiny_samples.images[:count], tiny_samples.labels[:count], tiny_samples.class_names, np.zeros(count, bool)
    )
    assert len(prepared(few).of(0, 12).positions) == expected


def test_neighbours_by_features_are_those_of_looking_at_all(trained_run, tiny_samples) -> None:
    predictor = Predictor(trained_run)
    *_, search = feature_neighbours(tiny_samples, predictor)
    features = predictor.last_features(tiny_samples.images)
    for position in (0, 77):
        found = search.of(position, 7)
        positions, distances = looked_at_all(features, position, 7)
        np.testing.assert_allclose(found.distances, distances, rtol=1e-6)
        np.testing.assert_array_equal(found.positions, positions)


def test_a_network_for_other_pictures_is_refused(trained_run) -> None:
    with pytest.raises(LeptonError, match="another size"):
        list(feature_neighbours(load_samples(BundledDigits()), Predictor(trained_run)))


def test_only_those_among_whom_one_looks_are_found(trained_run, tiny_samples) -> None:
    among = np.flatnonzero(~tiny_samples.is_test)[::2]
    *_, by_pixels = pixel_neighbours(tiny_samples, among)
    predictor = Predictor(trained_run)
    *_, by_features = feature_neighbours(tiny_samples, predictor, among)
    rows = tiny_samples.images.reshape(120, -1).astype(np.float64)
    features = predictor.last_features(tiny_samples.images).astype(np.float64)
    assert len(by_features) == len(among)
    assert by_features.width == features.shape[1]
    for position in (*among[[0, 20]], 119):
        for search, values, given in (
            (by_pixels.of_picture, rows, tiny_samples.images[position]),
            (by_features.of_features, features, features[position].astype(np.float32)),
        ):
            distances = np.sqrt(np.square(values[among] - values[position]).sum(axis=1))
            order = np.lexsort((among, distances))[:7]
            found = search(given, 7)
            np.testing.assert_array_equal(found.positions, among[order])
            np.testing.assert_allclose(found.distances, distances[order], rtol=1e-5, atol=1e-4)
    place = int(among[20])
    assert place not in by_pixels.of(place).positions
    assert place not in by_features.of(place).positions


def test_features_that_would_not_fit_are_taken_of_fewer_pictures(trained_run, tiny_samples, monkeypatch) -> None:
    predictor = Predictor(trained_run)
    width = predictor.last_features(tiny_samples.images[:1]).shape[1]
    monkeypatch.setattr(module, "MOST_FEATURE_BYTES", 4 * width * 40)
    *_, search = feature_neighbours(tiny_samples, predictor)
    assert len(search) == 40
    assert search.among is not None
    assert (search.among[0], search.among[-1]) == (0, 119)
    found = search.of_features(predictor.last_features(tiny_samples.images[search.among[7:8]])[0], 1)
    assert found.positions[0] == search.among[7]
