"""How firm a pen was is kept with a drawing, and files from before open as they did."""

from __future__ import annotations

import json

import msgspec
import numpy as np

from lepton_studio.engine.drawing_book import DrawingBook, create_book
from lepton_studio.engine.drawing_entries import DrawnStroke
from lepton_studio.engine.strokes import Stroke, render_strokes

FIRM = Stroke(((0.3, 0.2), (0.7, 0.4), (0.3, 0.8)), 0.05, (0.1, 0.5, 1.0))
PLAIN = Stroke(((0.3, 0.2), (0.7, 0.4), (0.3, 0.8)), 0.05)


def test_a_kept_drawing_is_as_firm_as_it_was_drawn() -> None:
    book = create_book("Ours")
    book.add("3", [FIRM])
    drawing = DrawingBook(book.path).last
    assert drawing is not None
    assert [stroke.stroke() for stroke in drawing.strokes] == [FIRM]
    assert np.array_equal(drawing.picture(), render_strokes((FIRM,)))
    assert not np.array_equal(drawing.picture(), render_strokes((PLAIN,)))


def test_a_stroke_of_a_mouse_is_written_as_before() -> None:
    book = create_book("Ours")
    book.add("3", [PLAIN])
    entry = json.loads(book.path.read_text(encoding="utf-8").splitlines()[1])
    assert entry["strokes"] == [{"width": 0.05, "points": [[0.3, 0.2], [0.7, 0.4], [0.3, 0.8]]}]


def test_pressures_that_do_not_fit_the_points_are_left_alone() -> None:
    text = b'{"width": 0.05, "points": [[0.3, 0.2], [0.7, 0.4], [0.3, 0.8]], "pressures": [0.5]}'
    assert msgspec.json.decode(text, type=DrawnStroke).stroke() == PLAIN
