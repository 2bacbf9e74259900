"""Evaluate: how good it is, and which pictures it gets wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lepton_studio.gui.widgets.confusion_matrix import ConfusionMatrix
from lepton_studio.gui.widgets.thumbnail_grid import ThumbnailGrid


@pytest.fixture
def evaluated(hand: Any) -> Any:
    """A hand on the Evaluate page, with a network that was trained for a moment."""
    hand.run = hand.train()
    hand.go("evaluate_page")
    hand.wait(lambda: hand.find("go_evaluate_page").state != "")
    return hand


def answers_of(hand: Any) -> Any:
    return hand.window.page("evaluate_page")._evaluation


def test_the_matrix_appears_by_itself_and_says_what_the_training_said(evaluated: Any) -> None:
    evaluation = answers_of(evaluated)
    assert evaluation.split == "test"
    assert evaluation.accuracy == pytest.approx(evaluated.run.record.test_accuracy)
    assert evaluated.says(f"{evaluation.accuracy * 100:.2f} % right")
    matrix = evaluated.find("confusion_matrix", ConfusionMatrix)
    hits = int(evaluation.confusion[3, 3])
    assert matrix.cell_text(3, 3).endswith(f": {hits} of 100")


def test_without_the_data_of_a_network_nothing_is_explained_that_cannot_come(hand: Any) -> None:
    # The shipped network learned from MNIST.
    hand.go("evaluate_page")
    page = hand.window.page("evaluate_page")
    assert hand.says("which is not on this computer")
    assert not hand.says("Each row is a class")
    assert not page.mistakes.pictures.isVisible()
    hand.click("evaluate_attack")
    hand.click("evaluate_attack")
    assert not hand.says("Each row is a class")
    hand.train()
    hand.go("evaluate_page")
    assert hand.says("Each row is a class")
    assert page.mistakes.pictures.isVisible()


def test_a_clicked_cell_shows_its_pictures_and_a_clicked_picture_its_answers(evaluated: Any) -> None:
    evaluation, samples = answers_of(evaluated), evaluated.session.samples
    matrix, grid = evaluated.find("confusion_matrix", ConfusionMatrix), evaluated.find("cell_pictures", ThumbnailGrid)
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place_of(6, 6))
    indices = evaluation.cell(6, 6)
    assert evaluated.says("6 answered right")
    assert all(grid.place_of(int(index)) is not None for index in indices)
    assert set(samples.labels[indices]) == {6}
    evaluated.settle()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.place_of(int(indices[1])))
    assert grid.chosen() == indices[1]
    assert evaluated.says("labelled 6")


def test_the_most_frequent_mistake_is_shown_first(evaluated: Any) -> None:
    off = answers_of(evaluated).confusion.copy()
    np.fill_diagonal(off, 0)
    row, column = divmod(int(off.argmax()), 10)
    assert evaluated.says(f"{row} answered as {column}")
    # What is shown is also what is marked in the matrix.
    assert evaluated.find("confusion_matrix", ConfusionMatrix).chosen() == (row, column)


def test_the_matrix_is_walked_by_keys(evaluated: Any) -> None:
    matrix = evaluated.find("confusion_matrix", ConfusionMatrix)
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place_of(2, 2))
    evaluated.press(Qt.Key.Key_Right)
    assert matrix.chosen() == (2, 3)
    assert evaluated.says("2 answered as 3")
    evaluated.press(Qt.Key.Key_Down)
    assert matrix.chosen() == (3, 3)
    evaluated.press(Qt.Key.Key_Tab)
    assert evaluated.find("cell_pictures", ThumbnailGrid).hasFocus()
    evaluated.press(Qt.Key.Key_Right)
    assert evaluated.says("labelled 3")


def test_another_split_is_answered_when_it_is_picked(evaluated: Any) -> None:
    evaluated.choose("evaluate_split_picker", "Validation")
    evaluated.wait(lambda: answers_of(evaluated) is not None and answers_of(evaluated).split == "validation")
    rows = evaluated.run.history.epochs
    assert answers_of(evaluated).accuracy == pytest.approx(rows[-1].validation_accuracy, abs=0.005)


def test_a_training_that_ends_is_evaluated_by_itself(evaluated: Any) -> None:
    evaluated.control(Qt.Key.Key_Return)
    evaluated.go("evaluate_page")
    evaluated.wait(lambda: evaluated.is_idle() and evaluated.session.run is not evaluated.run)
    evaluated.wait(lambda: answers_of(evaluated) is not None)
    assert evaluated.session.chosen is evaluated.session.run
    assert answers_of(evaluated).accuracy == pytest.approx(evaluated.session.run.record.test_accuracy)
