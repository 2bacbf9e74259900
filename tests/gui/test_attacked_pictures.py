"""Attacked pictures: before, the change, after, in as many columns as there is room for."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.attacked_pictures import AttackedPicture, AttackedPictures

HEADINGS = ("before", "change", "after")


@pytest.fixture
def view(qtbot) -> AttackedPictures:
    view = AttackedPictures()
    qtbot.addWidget(view)
    view.resize(560, 460)
    view.show()
    qtbot.waitExposed(view)
    return view


def picture(before: int, after: int, *shape: int) -> AttackedPicture:
    shape = shape or (1, 8, 8)
    first, second = np.full(shape, before, np.uint8), np.full(shape, after, np.uint8)
    return AttackedPicture(first, second, "4  99 %", "9  80 %", True, False)


def test_before_change_and_after_stand_below_each_other(view) -> None:
    view.show_pictures([picture(100, 120), picture(60, 40)], 20 / 255, HEADINGS)
    painted = view.grab().toImage()
    colours = [[painted.pixelColor(place.center()) for place in column] for column in view.places()]
    assert [(column[0].red(), column[2].red()) for column in colours] == [(100, 120), (60, 40)]
    lighter, darker = QColor(theme.tokens().validation), QColor(theme.tokens().accent)
    for seen, expected in ((colours[0][1], lighter), (colours[1][1], darker)):
        assert max(abs(seen.red() - expected.red()), abs(seen.blue() - expected.blue())) <= 2


def test_a_change_is_drawn_to_the_scale_of_the_radius(view) -> None:
    view.show_pictures([picture(100, 110)], 20 / 255, HEADINGS)
    seen = view.grab().toImage().pixelColor(view.places()[0][1].center())
    full, none = QColor(theme.tokens().validation), QColor(theme.tokens().raised)
    assert abs(seen.blue() - (full.blue() + none.blue()) / 2) <= 3


def test_a_picture_that_was_not_changed_shows_no_change(view) -> None:
    view.show_pictures([picture(100, 100)], 0.0, HEADINGS)
    seen = view.grab().toImage().pixelColor(view.places()[0][1].center())
    assert seen.name() == theme.tokens().raised.lower()


@pytest.mark.parametrize("size", [(240, 330), (560, 460), (1200, 700)], ids=str)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 6, 12)], ids=str)
def test_columns_fit_into_the_width_and_do_not_overlap(view, size, shape) -> None:
    view.resize(*size)
    view.show_pictures([picture(10, 30, *shape)] * 12, 0.1, HEADINGS)
    places = [place for column in view.places() for place in column]
    assert len(view.places()) >= 2
    assert all(view.rect().contains(place) for place in places)
    assert not any(a.intersects(b) for at, a in enumerate(places) for b in places[:at])
    assert not view.grab().isNull()


def test_the_answers_are_said_in_words_too(view) -> None:
    view.show_pictures([picture(10, 20)], 0.1, HEADINGS)
    assert view.accessibleDescription() == "4  99 %; 9  80 %"
    view.clear()
    assert view.accessibleDescription() == ""
