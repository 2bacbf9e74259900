"""What is drawn is kept while it is drawn, and lies on the canvas again at the next start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QMessageBox, QVBoxLayout, QWidget

from lepton_studio import paths
from lepton_studio.engine import Part, Reading, Sketchbook, Stroke
from lepton_studio.gui import sketch_strip
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.session import Session
from lepton_studio.gui.sketch_strip import SketchStrip
from lepton_studio.gui.widgets.draw_pad import DrawPad
from lepton_studio.gui.widgets.drawn_ink import PadStroke

LEFT = Qt.MouseButton.LeftButton
ONE = (PadStroke(((0.5, 0.1), (0.5, 0.9)), 0.07),)
TWO = (PadStroke(((0.1, 0.2), (0.9, 0.2)), 0.07), PadStroke(((0.2, 0.5), (0.9, 0.8)), 0.07, (0.2, 0.9)))


class Desk(QWidget):
    """Canvas and strip as on the page."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.easel = Easel(session, self)
        self.canvas = DrawPad()
        self.strip = SketchStrip(self.easel, self.canvas)
        self.canvas.strokes_changed.connect(
            lambda: self.easel.show(tuple(Stroke(each.points, each.width) for each in self.canvas.strokes))
        )
        column = QVBoxLayout(self)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.strip)

    def words(self) -> list[str]:
        """The drawings of the strip by where their first stroke begins, the newest first."""
        return [f"{tile.strokes[0].points[0][0]:g}" for tile in self.strip.tiles.tiles]


@pytest.fixture
def open_desk(tiny_session: Session, qtbot: Any) -> Iterator[Callable[[], Desk]]:
    desks: list[Desk] = []

    def make() -> Desk:
        desk = Desk(tiny_session)
        desk.resize(420, 520)
        qtbot.addWidget(desk)
        desk.show()
        qtbot.waitExposed(desk)
        desks.append(desk)
        return desk

    yield make
    for desk in desks:
        desk.easel.stop()
        desk.strip.stop()


@pytest.fixture
def desk(open_desk: Callable[[], Desk]) -> Desk:
    return open_desk()


def draw(desk: Desk, qtbot: Any, left: int, top: int) -> None:
    """A short line with the mouse."""
    canvas = desk.canvas
    qtbot.mousePress(canvas, LEFT, pos=QPoint(left, top))
    for step in range(1, 5):
        qtbot.mouseMove(canvas, QPoint(left + 10 * step, top + 20 * step))
    qtbot.mouseRelease(canvas, LEFT, pos=QPoint(left + 40, top + 80))


def on_disk() -> list[Any]:
    return list(Sketchbook().sketches.values())


def test_what_is_drawn_is_on_the_disk_two_seconds_later(desk: Desk, qtbot: Any) -> None:
    draw(desk, qtbot, 100, 100)
    assert on_disk() == []
    qtbot.waitUntil(lambda: len(on_disk()) == 1, timeout=20_000)
    assert Sketchbook().on_canvas is not None
    assert len(desk.strip.tiles.tiles) == 1


def test_a_drawing_grows_under_one_name_until_the_canvas_is_cleared(desk: Desk, qtbot: Any) -> None:
    draw(desk, qtbot, 100, 100)
    desk.strip.keeper.save()
    draw(desk, qtbot, 200, 100)
    desk.canvas.clear()
    (kept,) = on_disk()
    assert len(kept.strokes) == 2
    assert Sketchbook().on_canvas is None
    draw(desk, qtbot, 50, 50)
    desk.strip.keeper.save()
    assert [len(each.strokes) for each in on_disk()] == [2, 1]


def test_another_drawing_begins_another_sketch(desk: Desk) -> None:
    desk.canvas.set_strokes(ONE)
    desk.canvas.set_strokes(TWO)
    desk.strip.keeper.save()
    assert [each.drawn()[0].points[0] for each in on_disk()] == [(0.5, 0.1), (0.1, 0.2)]
    assert on_disk()[1].drawn()[1].pressures == (0.2, 0.9)
    assert desk.words() == ["0.1", "0.5"]


def test_undone_strokes_and_another_brush_leave_it_the_same_sketch(desk: Desk) -> None:
    desk.canvas.set_strokes(TWO)
    desk.strip.keeper.save()
    desk.canvas.undo_stroke()
    desk.canvas.set_widths(0.02)
    desk.strip.keeper.save()
    (kept,) = on_disk()
    assert [stroke.width for stroke in kept.strokes] == [0.02]


def test_what_is_undone_to_the_end_and_done_again_is_no_other_sketch(desk: Desk, qtbot: Any) -> None:
    desk.canvas.set_strokes(ONE)
    desk.strip.keeper.save()
    for left in (40, 140, 240):
        draw(desk, qtbot, left, 60)
    desk.strip.keeper.save()
    assert len(desk.strip.tiles.tiles) == 1
    while desk.canvas.strokes:
        desk.canvas.undo_stroke()
    while desk.canvas.can_redo:
        desk.canvas.redo_stroke()
        desk.strip.keeper.save()
    assert len(desk.canvas.strokes) == 4
    assert [len(tile.strokes) for tile in desk.strip.tiles.tiles] == [4]
    assert desk.strip.tiles.tiles[0].id == desk.strip.keeper.shown_id


def test_what_is_undone_to_the_end_is_kept_whole(open_desk: Callable[[], Desk], qtbot: Any) -> None:
    desk = open_desk()
    for left in (40, 140, 240):
        draw(desk, qtbot, left, 60)
    # Within the two seconds after which it would have been kept.
    while desk.canvas.strokes:
        desk.canvas.undo_stroke()
    assert [len(tile.strokes) for tile in desk.strip.tiles.tiles] == [3]
    # A stroke that was taken back before the canvas was cleared was a mistake.
    for left in (60, 160):
        draw(desk, qtbot, left, 90)
    desk.canvas.undo_stroke()
    desk.canvas.clear()
    assert [len(tile.strokes) for tile in desk.strip.tiles.tiles] == [1, 3]


def test_leaving_the_page_keeps_what_is_drawn(desk: Desk) -> None:
    desk.canvas.set_strokes(ONE)
    desk.strip.hide()
    assert len(on_disk()) == 1


def test_at_the_next_start_the_drawing_is_on_the_canvas_again(open_desk: Callable[[], Desk]) -> None:
    first = open_desk()
    first.canvas.set_strokes(TWO)
    first.strip.stop()
    second = open_desk()
    assert second.canvas.strokes == ()
    second.strip.restore()
    assert second.canvas.strokes == TWO
    second.canvas.set_strokes((*TWO, *ONE))
    second.strip.stop()
    # It is drawn further, rather than begun anew.
    assert [len(each.strokes) for each in on_disk()] == [3]


def test_an_old_drawing_that_lay_on_the_canvas_is_there_at_the_next_start(open_desk: Callable[[], Desk]) -> None:
    first = open_desk()
    for strokes in (TWO, ONE):
        first.canvas.set_strokes(strokes)
    first.canvas.clear()
    first.strip.keeper.put_back(first.strip.tiles.tiles[1].id)
    first.strip.stop()
    second = open_desk()
    second.strip.restore()
    assert second.canvas.strokes == TWO
    assert second.words() == ["0.5", "0.1"]


def test_a_page_that_is_made_anew_shows_the_same_sketch(open_desk: Callable[[], Desk], qtbot: Any) -> None:
    desk = open_desk()
    draw(desk, qtbot, 43, 61)
    # As when theme or size of the letters change: the exact points lie on a canvas whose keeper read the disk.
    work = desk.canvas.hand_over()
    desk.strip.stop()
    again = open_desk()
    again.strip.restore()
    again.canvas.take_over(work)
    again.strip.keeper.save()
    assert len(again.strip.tiles.tiles) == 1
    assert again.canvas.strokes == work.ink.sheet.strokes
    draw(again, qtbot, 143, 61)
    again.strip.keeper.save()
    assert [len(tile.strokes) for tile in again.strip.tiles.tiles] == [2]


def test_what_was_cleared_does_not_come_back_by_itself(open_desk: Callable[[], Desk]) -> None:
    first = open_desk()
    first.canvas.set_strokes(TWO)
    first.canvas.clear()
    second = open_desk()
    second.strip.restore()
    assert second.canvas.strokes == ()
    assert second.words() == ["0.1"]


def test_a_click_lays_an_old_drawing_on_the_canvas_and_undo_brings_the_other_back(desk: Desk, qtbot: Any) -> None:
    desk.canvas.set_strokes(TWO)
    desk.canvas.set_strokes(ONE)
    desk.strip.keeper.save()
    qtbot.mouseClick(desk.strip.tiles, LEFT, pos=desk.strip.tiles.place_of(1).center())
    assert desk.canvas.strokes == TWO
    for _ in TWO:
        desk.canvas.undo_stroke()
    desk.canvas.undo_stroke()
    assert desk.canvas.strokes == ONE
    assert len(on_disk()) == 2


def test_an_old_drawing_stays_as_it_was_when_it_is_drawn_further(desk: Desk) -> None:
    desk.canvas.set_strokes(TWO)
    desk.canvas.clear()
    desk.strip.keeper.put_back(desk.strip.tiles.tiles[0].id)
    desk.canvas.set_strokes((*TWO, *ONE))
    desk.strip.keeper.save()
    assert [len(each.strokes) for each in on_disk()] == [2, 3]


def test_the_strip_is_walked_with_keys(desk: Desk, qtbot: Any) -> None:
    for strokes in (TWO, ONE):
        desk.canvas.set_strokes(strokes)
    desk.canvas.clear()
    tiles = desk.strip.tiles
    tiles.setFocus()
    qtbot.keyClick(tiles, Qt.Key.Key_Right)
    qtbot.keyClick(tiles, Qt.Key.Key_Return)
    assert desk.canvas.strokes == TWO
    assert "Drawn on" in tiles.accessibleDescription()
    qtbot.keyClick(tiles, Qt.Key.Key_Home)
    qtbot.keyClick(tiles, Qt.Key.Key_Delete)
    assert desk.words() == ["0.1"]
    assert len(on_disk()) == 1


def test_a_deleted_drawing_comes_back_from_the_menu(desk: Desk, qtbot: Any) -> None:
    said: list[str] = []
    desk.strip.said.connect(lambda text, _role: said.append(text))
    for strokes in (TWO, ONE):
        desk.canvas.set_strokes(strokes)
    desk.canvas.clear()
    tiles = desk.strip.tiles
    qtbot.mouseMove(tiles, tiles.place_of(1).center())
    qtbot.mouseClick(tiles, LEFT, pos=tiles.place_of(1).topRight() + QPoint(-8, 8))
    assert desk.words() == ["0.5"]
    assert "menu" in said[-1]
    qtbot.mouseClick(desk.strip.menu_button, LEFT)
    menu = desk.strip.findChild(QMenu, "sketch_actions")
    next(action for action in menu.actions() if action.text().startswith("Bring back")).trigger()
    menu.close()
    assert desk.words() == ["0.5", "0.1"]
    assert len(on_disk()) == 2


def test_the_menu_of_a_drawing_saves_it(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk.canvas.set_strokes(TWO)
    desk.strip.keeper.save()
    monkeypatch.setattr(sketch_strip, "path_to_save", lambda *_: tmp_path / "it.svg")
    tile = desk.strip.tiles.tiles[0]
    desk.strip.tiles.menu_wanted.emit(tile.id, QPoint(10, 10))
    menu = desk.strip.findChild(QMenu, "sketch_actions")
    assert [action.text() for action in menu.actions() if action.text()] == [
        "Put on the canvas", "Draw it again", "Save as ...", "Delete",
    ]  # fmt: skip
    next(action for action in menu.actions() if action.text() == "Save as ...").trigger()
    menu.close()
    assert (tmp_path / "it.svg").read_text().startswith("<svg")


def test_a_drawing_is_drawn_again(desk: Desk, qtbot: Any) -> None:
    desk.canvas.set_strokes(TWO)
    desk.canvas.set_strokes(ONE)
    with qtbot.waitSignal(desk.canvas.replay_finished, timeout=20_000):
        desk.strip.keeper.replay(desk.strip.tiles.tiles[0].id)
    assert desk.canvas.strokes == TWO
    assert len(on_disk()) == 2


def test_nothing_is_kept_when_a_person_does_not_want_it(desk: Desk, qtbot: Any) -> None:
    wanted: list[bool] = []
    desk.strip.keeping_wanted.connect(wanted.append)
    qtbot.mouseClick(desk.strip.menu_button, LEFT)
    menu = desk.strip.findChild(QMenu, "sketch_actions")
    next(action for action in menu.actions() if action.text() == "Keep every drawing").trigger()
    menu.close()
    assert wanted == [False]
    desk.canvas.set_strokes(ONE)
    desk.canvas.clear()
    desk.strip.stop()
    assert not paths.sketches_file().exists()
    assert "not kept" in desk.strip._text.text()


@pytest.mark.parametrize("agrees", [False, True])
def test_all_are_forgotten_only_if_a_person_means_it(agrees: bool, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(box: QMessageBox) -> int:
        assert "2 drawings" in box.informativeText()
        (box.buttons()[0] if agrees == (box.buttons()[0].text() == "Forget all") else box.buttons()[1]).click()
        return 0

    desk.canvas.set_strokes(TWO)
    desk.canvas.set_strokes(ONE)
    desk.strip.keeper.save()
    monkeypatch.setattr(QMessageBox, "exec", answer)
    desk.strip.forget_all()
    assert len(on_disk()) == (0 if agrees else 2)
    assert desk.canvas.strokes == ONE


def test_a_file_that_cannot_be_read_is_said_and_left_alone(open_desk: Callable[[], Desk]) -> None:
    paths.sketches_file().parent.mkdir(parents=True, exist_ok=True)
    paths.sketches_file().write_bytes(b"something else")
    desk = open_desk()
    desk.canvas.set_strokes(ONE)
    desk.canvas.clear()
    assert "no sketchbook" in desk.strip._text.text()
    assert paths.sketches_file().read_bytes() == b"something else"


def test_a_drawing_that_was_refused_is_none_of_the_class_it_was_nearest_to(
    open_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk()
    shares = np.full(10, 0.1, np.float32)
    parts = (Part((0, 0, 1, 1), (0,), np.zeros((1, 8, 8), np.uint8), shares, "7", -3.0, is_known=False),)
    desk.canvas.set_strokes(ONE)
    desk.easel.reading = Reading(parts)
    desk.strip.keeper.save()
    tile = desk.strip.tiles.tiles[0]
    assert (tile.word, "did not know" in tile.tip) == ("7?", True)
    assert on_disk()[0].answer == "7"
    assert not on_disk()[0].is_known


def test_the_strip_keeps_its_height_with_the_first_drawing(desk: Desk) -> None:
    before = desk.canvas.height()
    desk.canvas.set_strokes(ONE)
    desk.strip.keeper.save()
    desk.layout().activate()
    assert desk.canvas.height() == before
