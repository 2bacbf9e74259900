"""Figures side by side: what is shown, what is hidden, and where it stands."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from lepton_studio.gui.widgets.performance_panel import PerformancePanel

ALL = {
    "speed": "8\u202f771 images/s",
    "left": "13 s",
    "gap": "23.2 ms",
    "longest": "50.1 ms",
    "memory": "985 MB",
    "precision": "bfloat16",
    "threads": "1",
    "kernels": "oneDNN",
}


@pytest.fixture
def page(qtbot) -> QWidget:
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    made.panel = PerformancePanel()
    layout.addWidget(QWidget(), 1)
    layout.addWidget(made.panel)
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def panel(page) -> PerformancePanel:
    return page.panel


def value(panel: PerformancePanel, name: str) -> QLabel:
    found = panel.findChild(QLabel, f"performance_{name}")
    assert found is not None
    return found


def rows(panel: PerformancePanel) -> int:
    return len({value(panel, name).y() for name in ALL if value(panel, name).isVisible()})


def test_a_panel_without_figures_takes_no_room(panel) -> None:
    assert not panel.isVisible()
    panel.show_figures(ALL)
    assert panel.isVisible()
    panel.show_figures({})
    assert not panel.isVisible()


def test_figures_that_are_known_are_shown_under_their_captions(panel) -> None:
    panel.show_figures(ALL)
    assert {name: value(panel, name).text() for name in ALL} == ALL
    for figure in panel._figures.values():
        assert figure.caption.isVisible()
        assert figure.caption.geometry().bottom() < figure.value.y()
        assert figure.caption.x() == figure.value.x()


@pytest.mark.parametrize("name", list(ALL))
def test_a_figure_that_is_not_known_is_hidden_with_its_caption(panel, name) -> None:
    panel.show_figures(ALL | {name: ""})
    assert not value(panel, name).isVisible()
    assert not panel._figures[name].caption.isVisible()
    assert sum(figure.value.isVisible() for figure in panel._figures.values()) == len(ALL) - 1
    # It comes back when it is known.
    panel.show_figures(ALL)
    assert value(panel, name).isVisible()


def test_every_figure_explains_itself_in_one_line(panel) -> None:
    for figure in panel._figures.values():
        tip = figure.value.toolTip()
        assert tip
        assert "\n" not in tip
        assert figure.caption.toolTip() == tip
        assert figure.value.accessibleName() == figure.caption.text()


@pytest.mark.parametrize("width", [120, 200, 320, 450, 620, 900, 1600])
def test_nothing_is_cut_at_any_width(page, panel, qtbot, width) -> None:
    panel.show_figures(ALL)
    page.resize(width, 600)
    qtbot.waitUntil(lambda: panel.width() == width and panel.height() == panel.heightForWidth(width))
    for figure in panel._figures.values():
        for label in (figure.caption, figure.value):
            assert panel.rect().contains(label.geometry())
            assert label.width() >= label.sizeHint().width()


def test_it_has_the_fewest_rows_and_they_are_even(page, panel, qtbot) -> None:
    panel.show_figures(ALL)
    qtbot.waitUntil(lambda: rows(panel) == 1)
    page.resize(480, 400)
    qtbot.waitUntil(lambda: rows(panel) == 2)
    assert len({value(panel, name).x() for name in ALL}) == 4


def test_it_never_widens_the_page(page, panel) -> None:
    before = page.minimumSizeHint().width()
    panel.show_figures(ALL)
    assert page.minimumSizeHint().width() == before


def test_neighbours_stay_where_they_are_when_a_figure_gets_shorter(panel) -> None:
    panel.show_figures(ALL)
    before = value(panel, "gap").x()
    panel.show_figures(ALL | {"speed": "9 images/s", "left": "1 s"})
    assert value(panel, "gap").x() == before
    panel.show_figures(ALL | {"speed": "1\u202f234\u202f567 images/s"})
    assert value(panel, "gap").x() > before


def test_the_same_text_is_not_set_again(panel, monkeypatch) -> None:
    panel.show_figures(ALL)
    heard: list[str] = []
    monkeypatch.setattr(QLabel, "setText", lambda self, text: heard.append(text))
    panel.show_figures(ALL)
    assert heard == []
    panel.show_figures(ALL | {"left": "12 s"})
    assert heard == ["12 s"]


def test_where_it_is_low_one_row_holds_what_fits(page, panel) -> None:
    page.resize(200, 300)
    panel.show_figures(ALL)
    full = panel.heightForWidth(200)
    panel.set_one_row(True)
    assert panel.heightForWidth(200) < full
    shown = [name for name in ALL if not value(panel, name).isHidden()]
    assert 0 < len(shown) < len(ALL)
    assert shown == list(ALL)[: len(shown)]
    panel.set_one_row(False)
    assert panel.heightForWidth(200) == full
    assert not any(value(panel, name).isHidden() for name in ALL)
