"""The confusion matrix: its words, its cells under mouse and keys, and what it paints at every size."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from lepton_studio.gui import theme
from lepton_studio.gui.widgets import confusion_painter
from lepton_studio.gui.widgets.confusion_matrix import ConfusionMatrix

DIGITS = tuple("0123456789")


@pytest.fixture
def view(qtbot) -> ConfusionMatrix:
    widget = ConfusionMatrix()
    qtbot.addWidget(widget)
    widget.resize(560, 440)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def counts() -> np.ndarray:
    matrix = np.diag(np.full(10, 90)).astype(np.int64)
    matrix[3, 8], matrix[4, 9], matrix[3, 3] = 4, 7, 96
    return matrix


def click(view: ConfusionMatrix, point: QPoint) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)


def drawn_texts(view: ConfusionMatrix, monkeypatch) -> list[str]:
    """What is written in and around the cells."""
    texts: list[str] = []

    class Spy(confusion_painter.QPainter):
        def drawText(self, *arguments) -> None:  # noqa: N802
            texts.append(arguments[-1])
            super().drawText(*arguments)

    monkeypatch.setattr("lepton_studio.gui.widgets.confusion_matrix.QPainter", Spy)
    view.grab()
    return texts


def test_a_cell_says_what_was_taken_for_what_and_how_often(view, counts) -> None:
    view.set_matrix(counts, DIGITS)
    assert view.cell_text(3, 8) == "3 answered as 8: 4 of 100"


def test_a_click_chooses_the_cell_under_it(view, counts, qtbot) -> None:
    view.set_matrix(counts, DIGITS)
    for cell in ((0, 0), (3, 8), (9, 0), (9, 9)):
        with qtbot.waitSignal(view.cell_chosen) as signal:
            click(view, view.place_of(*cell))
        assert tuple(signal.args) == cell
        assert view.chosen() == cell


def test_a_click_beside_the_cells_chooses_nothing(view, counts, qtbot) -> None:
    view.set_matrix(counts, DIGITS)
    with qtbot.assertNotEmitted(view.cell_chosen):
        click(view, QPoint(2, 2))
        click(view, QPoint(view.width() - 2, view.height() - 2))


def test_the_first_key_goes_to_the_most_frequent_error(view, counts) -> None:
    view.set_matrix(counts, DIGITS)
    chosen = []
    view.cell_chosen.connect(lambda *cell: chosen.append(cell))
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen == [(4, 9)]


def test_arrows_move_the_chosen_cell_and_stop_at_the_edges(view, counts) -> None:
    view.set_matrix(counts, DIGITS)
    view.choose((4, 8))
    chosen = []
    view.cell_chosen.connect(lambda *cell: chosen.append(cell))
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left):
        QTest.keyClick(view, key)
    assert chosen == [(3, 8), (3, 9), (3, 9), (4, 9), (4, 8)]


def test_a_page_chooses_without_a_signal(view, counts, qtbot) -> None:
    view.set_matrix(counts, DIGITS)
    with qtbot.assertNotEmitted(view.cell_chosen):
        view.choose((3, 8))
    assert QAccessible.queryAccessibleInterface(view).role() == QAccessible.Role.Table
    assert view.accessibleDescription() == "3 answered as 8: 4 of 100"


def test_new_counts_of_the_same_classes_keep_the_choice_and_other_classes_end_it(view, counts) -> None:
    view.set_matrix(counts, DIGITS)
    view.choose((3, 8))
    view.set_matrix(counts * 2, DIGITS)
    assert view.chosen() == (3, 8)
    view.set_matrix(counts[:2, :2], ("cat", "dog"))
    assert view.chosen() is None


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # a tip on the offscreen platform
def test_the_mouse_lights_row_and_column_and_tells_the_cell(view, counts) -> None:
    view.set_matrix(counts, DIGITS)
    # Cells without counts, beside and away from the mouse, tell the background alone.
    beside, above, away = view.place_of(3, 0), view.place_of(0, 8), view.place_of(6, 1)
    before = view.grab().toImage()
    QTest.mouseMove(view, view.place_of(3, 8))
    after = view.grab().toImage()
    assert QToolTip.text() == "3 answered as 8: 4 of 100"
    assert before.pixelColor(beside) != after.pixelColor(beside)
    assert before.pixelColor(above) != after.pixelColor(above)
    assert before.pixelColor(away) == after.pixelColor(away)
    QToolTip.hideText()


def test_counts_recall_and_titles_are_written_where_they_have_room(view, counts, monkeypatch) -> None:
    view.set_matrix(counts, DIGITS)
    texts = drawn_texts(view, monkeypatch)
    assert {"96", "4", "7", "96.0 %", "92.8 %", "100.0 %", "is", "answered", "recall"} <= set(texts)
    assert "0" in texts  # the name of a class; cells without pictures stay empty
    assert texts.count("0") == 2


def test_a_class_without_pictures_has_no_recall(view, monkeypatch) -> None:
    view.set_matrix(np.array([[3, 1], [0, 0]]), ("cat", "dog"))
    texts = drawn_texts(view, monkeypatch)
    assert "75.0 %" in texts
    assert "–" in texts


def test_sixty_two_classes_fit_without_counts(view, monkeypatch) -> None:
    matrix = np.full((62, 62), 3, dtype=np.int64)
    view.set_matrix(matrix, tuple(f"c{i}" for i in range(62)))
    assert "3" not in drawn_texts(view, monkeypatch)
    for corner in ((0, 0), (61, 61)):
        assert view.rect().contains(view.place_of(*corner))
        click(view, view.place_of(*corner))
        assert view.chosen() == corner


@pytest.mark.parametrize("size", [QSize(1, 1), QSize(90, 60), QSize(280, 220), QSize(1600, 900)])
@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_every_size_is_painted_and_clicked(view, counts, qapp, size, zoom) -> None:
    try:
        theme.apply_theme(qapp, "dark", zoom)
        view.set_matrix(counts, DIGITS)
        view.resize(size)
        view.choose((9, 9))
        view.grab()
        if size.width() >= 280 * zoom:
            click(view, view.place_of(5, 5))
            assert view.chosen() == (5, 5)
            assert view.rect().contains(view.place_of(9, 9))
    finally:
        theme.apply_theme(qapp, "light", 1.0)


def test_long_names_stand_upright_and_are_shortened(view, counts, monkeypatch) -> None:
    names = ("a class with a very long name indeed", *DIGITS[1:])
    view.set_matrix(counts, names)
    assert any(text.endswith("…") for text in drawn_texts(view, monkeypatch))
    assert view.rect().contains(view.place_of(9, 9))


def test_clear_shows_the_placeholder_and_takes_no_keys(view, counts, qtbot, monkeypatch) -> None:
    view.set_matrix(counts, DIGITS)
    view.clear()
    view.set_placeholder("Train first")
    assert drawn_texts(view, monkeypatch) == ["Train first"]
    with qtbot.assertNotEmitted(view.cell_chosen):
        QTest.keyClick(view, Qt.Key.Key_Return)
        click(view, view.rect().center())


def test_a_matrix_of_another_size_than_its_classes_is_refused(view, counts) -> None:
    with pytest.raises(ValueError, match="2 classes"):
        view.set_matrix(counts, ("cat", "dog"))
