"""Looking at what augmentations do before training with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QScrollArea, QSlider, QStyle, QStyleOptionSlider, QWidget

from lepton_studio.engine import AUGMENTATIONS

Affine, Flip, Noise = (AUGMENTATIONS[name] for name in ("affine", "flip", "noise"))


@pytest.fixture(autouse=True)
def _examples_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_studio.gui.augmentation_preview.MOST_SECONDS", 1000.0)


def reveal(hand: Any, widget: QWidget) -> None:
    """Scrolls the settings to a widget, as a person does."""
    area = next(area for area in hand.window.findChildren(QScrollArea) if area.isAncestorOf(widget))
    hand.settle()
    area.ensureWidgetVisible(widget)
    hand.settle()


def switch(hand: Any, title: str) -> None:
    editor = hand.find("field_augmentations")
    box = next(box for box in editor.findChildren(QCheckBox) if box.text() == title)
    reveal(hand, box)
    hand.click(box, QPoint(8, box.height() // 2))
    hand.settle()


def drag_to_end(hand: Any, slider: QSlider) -> None:
    reveal(hand, slider)
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
    start = slider.style().subControlRect(control, option, part, slider).center()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 9):
        QTest.mouseMove(slider, QPoint(start.x() + (slider.width() - start.x()) * step // 8, start.y()))
        hand.settle()
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width(), start.y()))
    hand.settle()


def test_a_class_sees_what_a_slider_does_while_it_moves_and_one_undo_takes_it_back(hand: Any) -> None:
    hand.go("train_page")
    hand.session.edit("Start", with_augmentations(hand, Affine()))
    strip = hand.find("augmentation_strip")
    reveal(hand, strip)
    assert np.array_equal(strip.pictures.original, hand.session.samples.images[0])
    number = hand.find("field_augmentations").findChild(QWidget, "field_turn")
    seen = [strip.pictures.changed.tobytes()]
    hand.session.experiment_changed.connect(lambda: seen.append(strip.pictures.changed.tobytes()))
    drag_to_end(hand, number.parentWidget().slider)
    assert hand.session.experiment.hyperparameters.augmentations == (Affine(turn=180),)
    assert len(set(seen)) > 3, "the pictures change while the slider moves"
    hand.control(Qt.Key.Key_Z)
    assert hand.session.experiment.hyperparameters.augmentations == (Affine(),)
    assert strip.pictures.changed.tobytes() == seen[0]


def test_mirroring_digits_is_warned_of_and_other_pictures_can_be_asked_for(hand: Any) -> None:
    hand.go("train_page")
    hand.session.edit("Start", with_augmentations(hand))
    strip = hand.find("augmentation_strip")
    caution = hand.find("augmentation_caution", QLabel)
    assert not caution.isVisible()
    switch(hand, Flip.title)
    assert hand.session.experiment.hyperparameters.augmentations == (Flip(),)
    assert caution.isVisible()
    assert "wrong labels" in caution.text()
    switch(hand, Flip.title)
    assert not caution.isVisible()
    switch(hand, Noise.title)
    first, changed = strip.pictures.original, strip.pictures.changed
    for name, is_same in (("augmentation_roll", True), ("augmentation_other_picture", False)):
        reveal(hand, hand.find(name))
        hand.click(name)
        hand.settle()
        assert np.array_equal(strip.pictures.original, first) == is_same
        assert not np.array_equal(strip.pictures.changed, changed)


def test_two_of_one_kind_are_trained_as_two(hand: Any) -> None:
    hand.set_small()
    both = (Affine(turn=5), Affine(turn=30))
    hand.session.edit("Start", with_augmentations(hand, *both))
    hand.go("train_page")
    switch(hand, Noise.title)
    hand.click("train_start")
    hand.wait(lambda: hand.session.run is not None and hand.is_idle())
    assert hand.session.run.experiment.hyperparameters.augmentations == (*both, Noise())
    assert hand.session.run.record.state == "finished"


def with_augmentations(hand: Any, *augmentations: Any) -> Any:
    import msgspec

    experiment = hand.session.experiment
    settings = msgspec.structs.replace(experiment.hyperparameters, augmentations=augmentations)
    return msgspec.structs.replace(experiment, hyperparameters=settings)
