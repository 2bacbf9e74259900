"""Widgets that paint without words look as they did when somebody last looked at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QWidget

from lepton_studio.engine import Stroke, render_strokes
from lepton_studio.gui import theme
from lepton_studio.gui.widgets.draw_pad import DrawPad, PadStroke
from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.thumbnail_grid import ThumbnailGrid

LOOP = tuple((0.5 + 0.3 * float(np.cos(t)), 0.5 + 0.35 * float(np.sin(t))) for t in np.linspace(0, 5.5, 40))
STROKES = (PadStroke(LOOP, 0.075), PadStroke(((0.15, 0.1), (0.85, 0.2)), 0.03), PadStroke(((0.5, 0.5),), 0.12))


@pytest.fixture(params=["light", "dark"])
def look(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    theme.apply_theme(qapp, request.param, 1.0)
    yield request.param
    theme.apply_theme(qapp, "light", 1.0)


@pytest.fixture
def show(qtbot: Any) -> Callable[[QWidget, int, int], None]:
    def show(widget: QWidget, width: int, height: int) -> None:
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        QApplication.processEvents()

    return show


def pictures() -> Any:
    """Twelve pictures: a bar that turns."""
    turned = []
    for angle in np.linspace(0, np.pi, 12, endpoint=False):
        across = (0.5 + 0.4 * float(np.cos(angle)), 0.5 + 0.4 * float(np.sin(angle)))
        back = (1 - across[0], 1 - across[1])
        turned.append(render_strokes((Stroke((across, (0.5, 0.5), back), 0.08),), (1, 28, 28)))
    return np.stack(turned)


def test_the_canvas(look: str, show: Any, compare: Any) -> None:
    pad = DrawPad()
    show(pad, 260, 240)
    pad.set_strokes(STROKES)
    pad.clearFocus()
    assert compare(pad, f"canvas_{look}") == ""


def test_a_picture_with_its_pixels(look: str, show: Any, compare: Any) -> None:
    view = PixelView()
    show(view, 180, 160)
    view.set_picture(pictures()[3])
    view.set_grid(True)
    assert compare(view, f"pixels_{look}") == ""


def test_the_thumbnails(look: str, show: Any, compare: Any) -> None:
    grid = ThumbnailGrid()
    show(grid, 300, 200)
    images = pictures()
    labels = np.arange(12, dtype=np.int64) % 2
    grid.set_pictures(images, labels, ("a", "b"), np.arange(12))
    grid.set_marks(np.arange(12) == 4)
    grid.choose(2)
    assert compare(grid, f"thumbnails_{look}") == ""
