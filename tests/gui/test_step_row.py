"""The row of steps: places, choice by mouse and keys, pictures of all kinds."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.step_row import ARROW, LARGEST, ShownStep, StepRow

GREY = np.full((20, 10), 200, np.uint8)
COLOURS = np.full((30, 40, 3), (200, 30, 30), np.uint8)
STEPS = (
    ShownStep(COLOURS, "picture", "As it came.", (0.1, 0.1, 0.9, 0.9)),
    ShownStep(GREY, "scaled", "Smaller.", mark=(0.5, 0.5)),
    ShownStep(GREY, "seen", "What the network gets."),
)


@pytest.fixture
def row(qtbot: QtBot) -> StepRow:
    made = StepRow()
    qtbot.addWidget(made)
    made.set_most(3)
    made.set_steps(STEPS)
    made.resize(theme.px(300), 100)
    made.show()
    qtbot.waitExposed(made)
    return made


def middle(row: StepRow, number: int) -> QPoint:
    return row.place_of(number).center().toPoint()


def test_the_steps_stand_beside_each_other_and_are_as_large_as_they_fit(row: StepRow) -> None:
    assert row.place_of(0).width() == theme.px(LARGEST)
    assert row.place_of(1).left() - row.place_of(0).right() == pytest.approx(theme.px(ARROW))
    row.resize(theme.px(150), 100)
    assert row.place_of(0).width() < theme.px(LARGEST)
    assert row.place_of(2).right() <= row.width()
    assert row.height() < theme.px(LARGEST)


def test_a_click_chooses_a_step_and_another_one_lets_it_go(row: StepRow) -> None:
    chosen: list[int] = []
    row.step_chosen.connect(chosen.append)
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=middle(row, 1))
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=middle(row, 2))
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=middle(row, 2))
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(row.width() - 2, 5))
    assert chosen == [1, 2, -1]


def test_the_keys_walk_and_escape_lets_go(row: StepRow) -> None:
    for key, expected in (
        (Qt.Key.Key_Right, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_Left, 0), (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_Escape, -1), (Qt.Key.Key_Left, 2), (Qt.Key.Key_Right, 2),
    ):  # fmt: skip
        QTest.keyClick(row, key)
        assert row.chosen == expected


def test_the_choice_stays_while_there_is_such_a_step(row: StepRow) -> None:
    row.choose(2)
    row.set_steps(STEPS[::-1])
    assert row.chosen == 2
    row.set_steps(())
    assert row.chosen == 2
    row.set_steps(STEPS[:2])
    assert row.chosen == -1


def test_pictures_are_painted_with_frame_cross_and_colour(row: StepRow) -> None:
    picture = row.grab().toImage()
    ratio = picture.devicePixelRatio()

    def colour(point: QPoint) -> str:
        return picture.pixelColor(int(point.x() * ratio), int(point.y() * ratio)).name()

    assert colour(middle(row, 0)) == "#c81e1e"
    assert colour(middle(row, 2)) == "#c8c8c8"
    cross, wanted = QColor(colour(middle(row, 1))), QColor(theme.tokens().warning)
    assert abs(cross.hue() - wanted.hue()) < 8
    # Beside a picture that is higher than wide its ground is black.
    corner = row.place_of(2).topLeft().toPoint() + QPoint(4, 20)
    assert colour(corner) == "#000000"


def test_the_tip_of_a_step_is_its_sentence(row: StepRow) -> None:
    place = middle(row, 1)
    row.event(QHelpEvent(QEvent.Type.ToolTip, place, row.mapToGlobal(place)))
    assert QToolTip.text() == "Smaller."
    QToolTip.hideText()


def test_without_steps_a_line_says_what_will_stand_here(row: StepRow) -> None:
    row.set_placeholder("How it becomes that")
    row.set_steps(())
    assert row.accessibleDescription() == "How it becomes that"
    assert not row.grab().isNull()


def test_captions_get_smaller_letters_rather_than_being_cut(qtbot: QtBot) -> None:
    row = StepRow()
    qtbot.addWidget(row)
    row.set_most(5)
    row.set_steps([ShownStep(np.zeros((4, 4), np.uint8), "centred", "") for _ in range(5)])
    fonts = [row._caption_font(room) for room in (60, 42, 36)]
    assert fonts[0].pixelSize() > fonts[2].pixelSize()
    for font, room in zip(fonts, (60, 42, 36), strict=True):
        assert QFontMetrics(font).elidedText("centred", Qt.TextElideMode.ElideRight, room) == "centred"
