"""The preview follows the session: its samples, its augmentations, and whether torch is there and free."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from lepton_studio.engine import AUGMENTATIONS, DATASETS, augmented_examples
from lepton_studio.engine.datasets.view import View
from lepton_studio.gui import augmentation_preview
from lepton_studio.gui.augmentation_preview import AugmentationPreview
from lepton_studio.gui.session import Session

Flip, Affine, Thickness = (AUGMENTATIONS[name] for name in ("flip", "affine", "stroke_thickness"))


@pytest.fixture
def session(tiny_session: Session) -> Session:
    return tiny_session


@pytest.fixture
def preview(session: Session, qtbot, monkeypatch: pytest.MonkeyPatch) -> AugmentationPreview:
    # However slow this machine is, examples are made at once.
    monkeypatch.setattr(augmentation_preview, "MOST_SECONDS", 1000.0)
    preview = AugmentationPreview(session)
    qtbot.addWidget(preview)
    preview.show()
    qtbot.waitExposed(preview)
    return preview


def augment(session: Session, *augmentations: Any, dataset: Any = None) -> None:
    experiment = session.experiment
    settings = msgspec.structs.replace(experiment.hyperparameters, augmentations=augmentations)
    dataset = experiment.dataset if dataset is None else dataset
    session.experiment = msgspec.structs.replace(experiment, hyperparameters=settings, dataset=dataset)
    session.experiment_changed.emit()


def test_it_shows_a_training_picture_and_what_the_engine_makes_of_it(preview, session, tiny_samples) -> None:
    both = (Affine(shift=2), Thickness())
    augment(session, *both)
    assert np.array_equal(preview.pictures.original, tiny_samples.images[0])
    assert np.array_equal(preview.pictures.changed, augmented_examples(tiny_samples.images[0], both, 8, 0))
    assert "Left: the picture as it is" in preview.text


def test_it_changes_with_each_number_and_keeps_the_picture_and_the_dice(preview, session) -> None:
    augment(session, Affine(turn=20))
    first, original = preview.pictures.changed, preview.pictures.original
    augment(session, Affine(turn=40))
    assert not np.array_equal(preview.pictures.changed, first)
    assert np.array_equal(preview.pictures.original, original)
    augment(session, Affine(turn=20))
    assert np.array_equal(preview.pictures.changed, first)


def test_nothing_switched_on_is_said(preview, session, tiny_samples) -> None:
    augment(session)
    assert "Nothing is switched on" in preview.text
    assert all(np.array_equal(each, tiny_samples.images[0]) for each in preview.pictures.changed)


def test_rolling_again_changes_the_same_picture_otherwise(preview, session) -> None:
    augment(session, Affine())
    first, original = preview.pictures.changed, preview.pictures.original
    preview.roll_button.click()
    assert np.array_equal(preview.pictures.original, original)
    assert not np.array_equal(preview.pictures.changed, first)


def test_other_pictures_are_never_those_set_aside_for_testing(preview, session, tiny_samples) -> None:
    tiny_samples.is_test[5:] = True
    for_training = {image.tobytes() for image in tiny_samples.images[:5]}
    seen = set()
    for _ in range(20):
        preview.other_button.click()
        seen.add(preview.pictures.original.tobytes())
    assert len(seen) > 2
    assert seen <= for_training


def test_where_all_are_set_aside_for_testing_one_of_them_is_shown(preview, session, tiny_samples) -> None:
    session.loader.samples = replace(tiny_samples, is_test=np.ones(len(tiny_samples), bool))
    session.samples_changed.emit()
    assert np.array_equal(preview.pictures.original, tiny_samples.images[0])


def test_another_dataset_shows_its_own_picture(preview, session, tiny_samples) -> None:
    session.loader.samples = replace(tiny_samples, images=255 - tiny_samples.images)
    session.samples_changed.emit()
    assert np.array_equal(preview.pictures.original, 255 - tiny_samples.images[0])


def test_before_torch_is_there_it_says_that_it_prepares(preview, session) -> None:
    session.engine_ready = False
    preview.refresh()
    assert "Preparing" in preview.text
    assert preview.pictures.original is None
    session.engine_ready = True
    session.engine_started.emit()
    assert preview.pictures.original is not None


def test_without_pictures_it_says_nothing(preview, session) -> None:
    session.loader.samples = None
    session.samples_changed.emit()
    assert preview.text == ""
    assert not preview.pictures.isVisible()
    assert not preview.roll_button.isVisible()


def test_it_draws_no_random_number_while_a_training_needs_them_or_nobody_looks(
    preview, session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    real = augmentation_preview.augmented_examples
    monkeypatch.setattr(augmentation_preview, "augmented_examples", lambda *each: asked.append(each) or real(*each))
    monkeypatch.setattr(Session, "training_state", "running")
    augment(session, Affine())
    assert asked == []
    monkeypatch.setattr(Session, "training_state", "idle")
    session.training_changed.emit()
    assert len(asked) == 1
    preview.hide()
    augment(session, Affine(turn=2))
    assert len(asked) == 1
    preview.show()
    assert len(asked) == 2


def test_a_first_look_during_a_training_is_put_off_in_words(session, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "training_state", "running")
    preview = AugmentationPreview(session)
    qtbot.addWidget(preview)
    preview.show()
    assert "when the training has ended" in preview.text
    assert preview.pictures.original is None
    monkeypatch.setattr(Session, "training_state", "idle")
    session.training_changed.emit()
    assert preview.pictures.original is not None


def test_examples_that_take_long_are_made_once_for_many_moves_of_a_slider_and_the_last_one_counts(
    preview, session, tiny_samples, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def making(*given: Any) -> Any:
        made.append(given[1])
        return augmented_examples(*given)

    monkeypatch.setattr(augmentation_preview, "augmented_examples", making)
    monkeypatch.setattr(augmentation_preview, "MOST_SECONDS", 0.0)
    for turn in range(10):
        augment(session, Affine(turn=turn))
    assert made == []
    qtbot.waitUntil(lambda: len(made) > 0, timeout=20_000)
    assert made == [(Affine(turn=9),)]
    expected = augmented_examples(tiny_samples.images[0], (Affine(turn=9),), 8, 0)
    assert np.array_equal(preview.pictures.changed, expected)


def test_what_was_put_off_is_forgotten_with_the_page(preview, session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augmentation_preview, "MOST_SECONDS", 0.0)
    augment(session, Affine(turn=1))
    assert preview._soon.isActive()
    preview.hide()
    assert not preview._soon.isActive()


@pytest.mark.parametrize(
    ("dataset", "augmentation", "words"),
    [
        (DATASETS["mnist"](), Flip(), "wrong labels"),
        (DATASETS["mnist"](), Thickness(), ""),
        (DATASETS["fashion_mnist"](), Flip(), ""),
        (DATASETS["fashion_mnist"](), Thickness(), "bright strokes"),
        (View(members=(DATASETS["mnist"](),)), Flip(), "wrong labels"),
        (View(members=(DATASETS["fashion_mnist"](),)), Flip(), ""),
    ],
)
def test_what_is_wrong_for_a_dataset_is_cautioned(
    preview, session, dataset: Any, augmentation: Any, words: str
) -> None:
    augment(session, Affine(), augmentation, dataset=dataset)
    assert words in preview.caution_text
    assert bool(preview.caution_text) == bool(words)
    augment(session, Affine())
    assert preview.caution_text == ""
