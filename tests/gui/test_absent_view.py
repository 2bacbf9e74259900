"""What stands in place of a dataset that is not here."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QProgressBar

from lepton_studio.gui.widgets.absent_view import AbsentView


@pytest.fixture
def view(qtbot) -> AbsentView:
    widget = AbsentView()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def bar(view) -> QProgressBar:
    return view.findChild(QProgressBar)


def test_an_offer_has_a_button_and_no_bar(view, bar, qtbot) -> None:
    view.offer("MNIST is not here.", "Download (11.6 MB)")
    assert view.fetch_button.text() == "Download (11.6 MB)"
    assert view.fetch_button.isVisible()
    assert not view.cancel_button.isVisible()
    assert not bar.isVisible()
    with qtbot.waitSignal(view.fetch_wanted):
        QTest.mouseClick(view.fetch_button, Qt.MouseButton.LeftButton)


def test_a_fetch_under_way_has_a_bar_and_can_be_cancelled(view, bar, qtbot) -> None:
    view.show_progress("Fetching", 25, 100)
    assert (bar.value(), bar.maximum()) == (250, 1000)
    assert bar.isVisible()
    assert not view.fetch_button.isVisible()
    with qtbot.waitSignal(view.cancel_wanted):
        QTest.mouseClick(view.cancel_button, Qt.MouseButton.LeftButton)


def test_an_unknown_length_is_a_bar_without_end(view, bar) -> None:
    view.show_progress("Fetching", 25, 0)
    assert bar.maximum() == 0
    view.show_progress("Fetching", 50, 100)
    assert (bar.value(), bar.maximum()) == (500, 1000)


def test_files_of_many_gigabytes_fit_the_bar(view, bar) -> None:
    view.show_progress("Fetching", 3 * 10**10, 4 * 10**10)
    assert bar.value() == 750


def test_after_a_cancel_there_is_the_offer_again(view, bar) -> None:
    view.show_progress("Fetching", 25, 100)
    view.offer("MNIST is not here.", "Download")
    assert view.fetch_button.isVisible()
    assert not bar.isVisible()
