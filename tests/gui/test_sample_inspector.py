"""The panel beside the grid: whatever a class is called, its words stay in sight."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QScrollArea

from lepton_studio.gui.widgets.sample_inspector import SampleInspector

LONG = ("a class name that a person wrote without thinking of small screens", "x" * 120, "手書きの数字" * 12)


@pytest.mark.parametrize("name", LONG)
def test_a_long_name_pushes_nothing_out_of_sight(qtbot, name: str) -> None:
    inspector = SampleInspector()
    qtbot.addWidget(inspector)
    inspector.resize(300, 700)
    inspector.show()
    inspector.show_sample(np.zeros((1, 8, 8), np.uint8), name, f"{name}/one.png", f"✗ a network says {name}")
    inspector.show_labels((name, "other"), 0, 1, True)
    qtbot.waitExposed(inspector)
    area = inspector.findChild(QScrollArea)
    assert area.widget().width() <= area.viewport().width()
    title = inspector.findChild(QLabel, "sample_title")
    assert title.text() == name


def test_how_many_get_the_label_is_grouped(qtbot) -> None:
    inspector = SampleInspector()
    qtbot.addWidget(inspector)
    inspector.show_labels(("a", "b"), 0, 60_000, False)
    assert "60\u202f000" in inspector._label_caption.text()
