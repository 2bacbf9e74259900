"""The settings column of the Train page: all editors begin at the same place."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QWidget

from lepton_studio.engine import recipes
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.preferences import Preferences
from lepton_studio.gui.widgets.number_edit import NumberEdit


def left_edges(settings: Any) -> set[int]:
    """Where the editors of all forms begin, from the left of the column."""
    editors: list[QWidget] = [*settings.findChildren(NumberEdit)]
    for form in (settings.form, settings.advanced_form):
        editors += [box for box in form.findChildren(QComboBox) if box.objectName().startswith("field_")]
    editors.append(settings.findChild(QCheckBox, "field_compile"))
    shown = [editor for editor in editors if editor.isVisibleTo(settings)]
    assert len(shown) > 10
    return {editor.mapTo(settings, QPoint(0, 0)).x() for editor in shown}


@pytest.mark.parametrize("zoom", ["100 %", "150 %"])
def test_the_editors_of_the_train_page_stand_below_each_other(ready_window: MainWindow, zoom: str) -> None:
    ready_window.set_preferences(Preferences(zoom=zoom))  # type: ignore[arg-type]
    ready_window.show_page("train_page")
    settings: Any = ready_window.page("train_page").findChild(QWidget, "recipe_picker").parent()
    apart = {}
    for name in recipes():
        settings.recipe_picker.setCurrentIndex(settings.recipe_picker.findData(name))
        settings.recipe_picker.activated.emit(settings.recipe_picker.currentIndex())
        for _ in range(4):
            QApplication.processEvents()
        edges = left_edges(settings)
        apart[name] = max(edges) - min(edges)
    assert len(apart) > 1
    # Rounding at the edges of nested layouts may move one by a pixel.
    assert max(apart.values()) <= 1, apart
