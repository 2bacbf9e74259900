"""The strip: the original first and large, eight changed pictures beside it, a line, a caution, two buttons."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from lepton_studio.gui.widgets.augmentation_strip import AugmentationStrip


@pytest.fixture
def strip(qtbot) -> AugmentationStrip:
    strip = AugmentationStrip()
    qtbot.addWidget(strip)
    strip.resize(280, 300)
    strip.show()
    qtbot.waitExposed(strip)
    return strip


def plain(level: int, *shape: int) -> np.ndarray:
    return np.full(shape or (1, 8, 8), level, dtype=np.uint8)


def settle(qapp) -> None:
    for _ in range(3):
        qapp.processEvents()


def test_the_original_comes_first_and_each_picture_is_in_its_place(strip, qapp) -> None:
    levels = [30, 60, 90, 120, 150, 180, 210, 240]
    strip.show_pictures(plain(10), np.stack([plain(level) for level in levels]), "Look.")
    settle(qapp)
    painted = strip.pictures.grab().toImage()
    seen = [painted.pixelColor(place.center()).red() for place in strip.pictures.places()]
    assert seen == [10, *levels]
    assert strip.text == "Look."
    assert strip.pictures.isVisible()


def test_the_pictures_do_not_overlap_and_are_all_inside(strip, qapp) -> None:
    strip.show_pictures(plain(10), np.stack([plain(90)] * 8), "Look.")
    for width in (180, 280, 420):
        strip.resize(width, 300)
        settle(qapp)
        places = strip.pictures.places()
        assert len(places) == 9
        assert all(strip.pictures.rect().contains(place) for place in places)
        assert not any(a.intersects(b) for at, a in enumerate(places) for b in places[:at])
        # The original is as high as both rows.
        assert places[0].height() == places[-1].bottom() + 1


def test_colour_pictures_and_pictures_that_are_not_square_keep_their_looks(strip, qapp) -> None:
    picture = np.zeros((3, 8, 16), np.uint8)
    picture[0] = 200
    strip.show_pictures(picture, np.stack([picture] * 8), "Look.")
    settle(qapp)
    painted = strip.pictures.grab().toImage()
    place = strip.pictures.places()[0]
    assert painted.pixelColor(place.center()).getRgb()[:3] == (200, 0, 0)
    # Half as high as wide, in the middle: above it is the ground.
    above = painted.pixelColor(QPoint(place.center().x(), place.top() + place.height() // 8))
    assert above.getRgb()[:3] != (200, 0, 0)


def test_words_without_pictures_hide_pictures_and_buttons(strip) -> None:
    strip.show_pictures(plain(10), np.stack([plain(90)] * 8), "Look.")
    strip.say("Preparing ...")
    assert strip.text == "Preparing ..."
    assert not strip.pictures.isVisible()
    assert not strip.other_button.isVisible()
    assert not strip.roll_button.isVisible()
    assert strip.pictures.original is None


def test_a_caution_is_shown_while_there_is_one_and_has_room_for_its_lines(strip, qapp) -> None:
    strip.caution("A mirrored digit or letter is another sign, or none: this teaches wrong labels.")
    settle(qapp)
    label = strip._caution
    assert label.isVisible()
    assert label.height() >= label.heightForWidth(label.width())
    strip.caution("")
    assert not label.isVisible()
    assert strip.caution_text == ""


def test_the_buttons_ask_for_another_picture_and_another_roll(strip, qtbot) -> None:
    strip.show_pictures(plain(10), np.stack([plain(90)] * 8), "Look.")
    with qtbot.waitSignal(strip.other_picture_wanted, timeout=1000):
        QTest.mouseClick(strip.other_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(strip.roll_wanted, timeout=1000):
        QTest.mouseClick(strip.roll_button, Qt.MouseButton.LeftButton)
