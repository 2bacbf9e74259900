"""The tools below the canvas, and pictures that are laid on it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QToolButton, QVBoxLayout, QWidget

from lepton_studio.gui import canvas_menus, canvas_pictures
from lepton_studio.gui.canvas_tools import CanvasTools
from lepton_studio.gui.widgets.draw_pad import DEFAULT_BRUSH, DrawPad, PadStroke

LINE = PadStroke(((0.2, 0.5), (0.8, 0.5)), 0.075)
DOT = PadStroke(((0.5, 0.2),), 0.05)
PATIENCE = 10_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def host(qtbot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    layout = QVBoxLayout(widget)
    pad = DrawPad()
    tools = CanvasTools(pad)
    layout.addWidget(pad, 1)
    layout.addWidget(tools)
    widget.resize(500, 560)
    widget.show()
    qtbot.waitExposed(widget)
    pad.setFocus()
    yield widget
    tools.stop()


@pytest.fixture
def pad(host) -> DrawPad:
    return host.findChild(DrawPad)


@pytest.fixture
def tools(host) -> CanvasTools:
    return host.findChild(CanvasTools)


@pytest.fixture
def said(tools) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []
    tools.said.connect(lambda text, role: heard.append((text, role)))
    return heard


def click(tools: CanvasTools, name: str) -> None:
    QTest.mouseClick(tools.findChild(QToolButton, name), LEFT)


def choose(tools: CanvasTools, name: str) -> None:
    """Picks an entry of the menu of the canvas."""
    next(each for each in tools.menus.everything.actions() if each.objectName() == name).trigger()


def key(text: str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, ord(text.upper()), modifier, text)


# --- brush


def test_the_slider_is_the_width_of_the_next_stroke(pad, tools) -> None:
    assert tools.brush_slider.value() == round(DEFAULT_BRUSH * 1000)
    pad.set_strokes((LINE,))
    tools.brush_slider.setValue(120)
    assert pad.brush == 0.12
    assert pad.strokes == (LINE,)


def test_a_brush_that_is_set_elsewhere_shows_in_the_slider(pad, tools) -> None:
    pad.set_brush(0.1)
    assert tools.brush_slider.value() == 100


def test_the_width_of_all_that_is_drawn_follows_the_slider_and_is_one_step(pad, tools) -> None:
    pad.set_strokes((LINE, DOT))
    tools.brush_slider.setValue(100)
    click(tools, "canvas_width_all")
    assert [stroke.width for stroke in pad.strokes] == [0.1, 0.1]
    for width in (110, 120, 130):
        tools.brush_slider.setValue(width)
    assert [stroke.width for stroke in pad.strokes] == [0.13, 0.13]
    assert pad.undo_step == "width"
    click(tools, "canvas_undo")
    assert pad.strokes == (LINE, DOT)
    click(tools, "canvas_redo")
    assert [stroke.width for stroke in pad.strokes] == [0.13, 0.13]
    click(tools, "canvas_width_all")
    tools.brush_slider.setValue(50)
    assert [stroke.width for stroke in pad.strokes] == [0.13, 0.13]


def test_the_slider_shows_on_the_canvas_how_wide_it_draws(pad, tools) -> None:
    before = pad.grab().toImage()
    tools.brush_slider.setValue(160)
    assert pad.grab().toImage() != before


# --- eraser and keys


def test_the_eraser_is_a_tool_with_two_manners(pad, tools) -> None:
    click(tools, "canvas_eraser")
    assert (pad.is_erasing, pad.erases_parts) == (True, False)
    click(tools, "canvas_eraser")
    assert not pad.is_erasing
    choose(tools, "canvas_erase_parts")
    assert (pad.is_erasing, pad.erases_parts) == (True, True)
    assert tools.eraser_button.isChecked()


def test_keys_choose_the_tool_and_the_width(pad, tools) -> None:
    assert tools.take_key(key("e"))
    assert pad.is_erasing
    assert tools.take_key(key("b"))
    assert not pad.is_erasing
    assert tools.take_key(key("]"))
    assert pad.brush == pytest.approx(DEFAULT_BRUSH + 0.005)
    assert tools.take_key(key("["))
    assert pad.brush == pytest.approx(DEFAULT_BRUSH)
    assert not tools.take_key(key("7"))
    assert not tools.take_key(key("e", Qt.KeyboardModifier.ControlModifier))


@pytest.mark.parametrize("which", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape], ids=str)
def test_keys_clear_the_canvas_that_has_the_focus(pad, which) -> None:
    pad.set_strokes((LINE,))
    pad.setFocus()
    QTest.keyClick(pad, which)
    assert pad.strokes == ()


def test_escape_leaves_the_eraser_first(pad) -> None:
    pad.set_strokes((LINE,))
    pad.set_erasing(True)
    pad.setFocus()
    QTest.keyClick(pad, Qt.Key.Key_Escape)
    assert (pad.strokes, pad.is_erasing) == ((LINE,), False)


def test_what_cannot_be_done_is_greyed_out_and_undo_names_its_step(pad, tools) -> None:
    assert not any(each.isEnabled() for each in (tools.undo_button, tools.redo_button, tools.clear_button))
    QTest.mouseClick(pad, LEFT, pos=QPoint(200, 200))
    assert tools.undo_button.isEnabled()
    assert tools.undo_button.toolTip() == "Take back: a stroke (Ctrl+Z)"
    click(tools, "canvas_clear")
    assert tools.undo_button.toolTip() == "Take back: the clearing (Ctrl+Z)"
    assert not tools.clear_button.isEnabled()
    click(tools, "canvas_undo")
    assert tools.redo_button.isEnabled()
    assert len(pad.strokes) == 1


def test_every_key_that_works_is_listed(tools) -> None:
    listed = dict(tools.keys())
    assert set(listed) == {"E", "B", "[", "Del", "Esc", "Ctrl+V"}


@pytest.mark.parametrize("width", [260, 290, 340, 420, 800])
def test_tools_find_room_in_narrow_windows(host, tools, width) -> None:
    host.resize(width, 500)
    QApplication.processEvents()
    shown = [each for each in tools.findChildren(QToolButton) if each.isVisible()]
    assert {"canvas_eraser", "canvas_picture", "canvas_undo", "canvas_redo", "canvas_clear"} <= {
        each.objectName() for each in shown
    }
    assert all(each.geometry().right() < tools.width() for each in shown)
    assert all(one.geometry().right() < other.geometry().left() for one, other in pairwise(shown))


def test_the_menu_of_the_canvas_holds_what_may_find_no_room(pad, tools, qtbot) -> None:
    pad.set_strokes((LINE, DOT))
    place = QPoint(100, 100)
    QApplication.sendEvent(pad, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, pad.mapToGlobal(place)))
    qtbot.waitUntil(tools.menus.everything.isVisible)
    tools.menus.everything.close()
    assert pad.strokes == (LINE, DOT)
    choose(tools, "canvas_same_width")
    assert [stroke.width for stroke in pad.strokes] == [DEFAULT_BRUSH, DEFAULT_BRUSH]
    choose(tools, "canvas_menu_clear")
    assert pad.strokes == ()
    assert {"canvas_open", "canvas_paste", "canvas_camera", "canvas_erase_strokes"} <= {
        each.objectName() for each in tools.menus.everything.actions()
    }


# --- pictures


def picture(width: int = 60, height: int = 40) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(250, 250, 250))
    for x in range(20, 40):
        image.setPixelColor(x, height // 2, QColor(10, 20, 200))
    return image


def mime_of(image: QImage | None = None, *urls: str) -> QMimeData:
    mime = QMimeData()
    if image is not None:
        mime.setImageData(image)
    if urls:
        mime.setUrls([QUrl(url) for url in urls])
    return mime


def drop(pad: DrawPad, mime: QMimeData) -> bool:
    plain, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(50, 50), copy, mime, LEFT, plain)
    enter.ignore()
    QApplication.sendEvent(pad, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(pad, QDropEvent(QPointF(50, 50), copy, mime, LEFT, plain))
    return True


def test_a_pasted_picture_lies_on_the_canvas_until_a_stroke_is_drawn(pad, tools, said, qtbot) -> None:
    pad.set_strokes((LINE,))
    QGuiApplication.clipboard().setImage(picture())
    assert tools.take_key(QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier, ""))
    qtbot.waitUntil(lambda: pad.photograph is not None, timeout=PATIENCE)
    assert pad.photograph.shape == (40, 60, 3)
    assert pad.photograph.dtype == np.uint8
    assert tuple(pad.photograph[20, 30]) == (10, 20, 200)
    assert pad.strokes == ()
    assert said[-1] == ("", "")
    QTest.mouseClick(pad, LEFT, pos=QPoint(200, 200))
    assert pad.photograph is None
    assert len(pad.strokes) == 1
    pad.undo_stroke()
    assert pad.photograph is not None
    pad.undo_stroke()
    assert pad.strokes == (LINE,)


def test_a_picture_is_fitted_into_the_canvas(pad, tools, qtbot) -> None:
    tools.pictures.take(mime_of(picture(80, 20)))
    qtbot.waitUntil(lambda: pad.photograph is not None, timeout=PATIENCE)
    image = pad.grab().toImage()
    side = min(pad.width(), pad.height())
    left, top = (pad.width() - side) // 2, (pad.height() - side) // 2
    assert image.pixelColor(left + 10, top + side // 2) == QColor(250, 250, 250)
    assert image.pixelColor(left + side - 10, top + side // 2) == QColor(250, 250, 250)
    # Above and below it is the paper.
    assert image.pixelColor(left + side // 2, top + side // 4) == QColor("white")


def test_a_picture_from_a_browser_can_be_dropped(pad, said, qtbot) -> None:
    assert drop(pad, mime_of(picture(), "https://example.org/seven.png"))
    qtbot.waitUntil(lambda: pad.photograph is not None, timeout=PATIENCE)
    assert pad.photograph.shape == (40, 60, 3)


def test_a_file_can_be_dropped_and_is_read_in_the_background(pad, said, tmp_path, qtbot) -> None:
    Image.new("L", (3000, 1500), 200).save(tmp_path / "large.png")
    assert drop(pad, mime_of(None, QUrl.fromLocalFile(str(tmp_path / "large.png")).toString()))
    qtbot.waitUntil(lambda: pad.photograph is not None, timeout=PATIENCE)
    assert pad.photograph.shape == (512, 1024, 3)


def test_a_copied_file_counts_for_more_than_its_icon(pad, tools, tmp_path, qtbot) -> None:
    Image.new("RGB", (30, 20), "red").save(tmp_path / "red.png")
    tools.pictures.take(mime_of(picture(), QUrl.fromLocalFile(str(tmp_path / "red.png")).toString()))
    qtbot.waitUntil(lambda: pad.photograph is not None, timeout=PATIENCE)
    assert pad.photograph.shape == (20, 30, 3)


def test_text_is_not_taken_for_a_picture(pad, tools, said) -> None:
    mime = QMimeData()
    mime.setText("seven")
    assert not drop(pad, mime)
    QGuiApplication.clipboard().setText("seven")
    tools.pictures.paste()
    assert "no picture in the clipboard" in said[-1][0]
    tools.pictures.take(mime_of(None, "https://example.org/seven.png"))
    assert "Save it as a file first" in said[-1][0]
    assert said[-1][1] == "warning"
    assert pad.photograph is None


def test_of_two_pictures_that_are_pasted_the_last_counts(pad, tools, qtbot) -> None:
    for width in (2000, 60):
        tools.pictures.take(mime_of(picture(width)))
    qtbot.waitUntil(lambda: pad.photograph is not None, timeout=PATIENCE)
    assert pad.photograph.shape == (40, 60, 3)
    pad.undo_stroke()
    # The other one was never shown.
    assert pad.photograph is None


def test_what_shows_the_ground_through_is_laid_on_white(pad, tools, qtbot) -> None:
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    image.fill(QColor(0, 0, 0, 0))
    for x in range(20):
        image.setPixelColor(x, 10, QColor("black"))
    tools.pictures.take(mime_of(image))
    qtbot.waitUntil(lambda: pad.photograph is not None, timeout=PATIENCE)
    assert tuple(pad.photograph[0, 0]) == (255, 255, 255)
    assert tuple(pad.photograph[10, 5]) == (0, 0, 0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["missing", "empty", "text", "cut", "folder", "header", "noise"])
def test_a_hostile_file_is_said_and_leaves_the_drawing(tools, said, tmp_path, qtbot, kind) -> None:
    path = tmp_path / "file.png"
    Image.new("RGB", (200, 200), "white").save(path)
    good = path.read_bytes()
    contents = {
        "empty": b"", "text": b"seven", "cut": good[: len(good) // 2], "header": good[:20],
        "noise": good[:8] + np.random.default_rng(3).bytes(4000),
    }  # fmt: skip
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind in contents:
        path.write_bytes(contents[kind])
    pad = tools.canvas
    pad.set_strokes((LINE,))
    tools.pictures.open_path(path)
    qtbot.waitUntil(lambda: bool(said), timeout=PATIENCE)
    assert said[-1][1] == "bad"
    assert str(path) in said[-1][0]
    assert pad.strokes == (LINE,)
    assert pad.photograph is None


def test_the_last_file_that_was_chosen_counts(pad, tools, tmp_path, qtbot) -> None:
    paths: list[Path] = []
    for number in range(1, 5):
        paths.append(tmp_path / f"{number}.png")
        Image.new("L", (10 * number, 10)).save(paths[-1])
        tools.pictures.open_path(paths[-1])
    qtbot.waitUntil(lambda: pad.photograph is not None and pad.photograph.shape[1] == 40, timeout=PATIENCE)
    assert pad.photograph.shape == (10, 40, 3)


def test_a_chosen_file_is_opened(pad, tools, tmp_path, qtbot, monkeypatch) -> None:
    Image.new("RGB", (30, 20), "red").save(tmp_path / "red.png")
    answers = [("", ""), (str(tmp_path / "red.png"), "")]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: answers.pop(0))
    tools.pictures.choose_file()
    assert pad.photograph is None
    tools.pictures.choose_file()
    qtbot.waitUntil(lambda: pad.photograph is not None, timeout=PATIENCE)
    assert pad.photograph.shape == (20, 30, 3)


# --- the camera's entry


def test_the_menu_says_what_the_camera_lacks(tools, said, monkeypatch) -> None:
    for module in (canvas_menus, canvas_pictures):
        monkeypatch.setattr(module, "camera_trouble", lambda: "No camera was found.")
    tools.menus.pictures.aboutToShow.emit()
    assert not tools.menus.camera.isEnabled()
    assert tools.menus.camera.text() == "No camera was found."
    assert tools.pictures.open_camera() is None
    assert said[-1] == ("No camera was found.", "warning")


def test_a_camera_that_can_be_used_can_be_chosen(tools, monkeypatch) -> None:
    monkeypatch.setattr(canvas_menus, "camera_trouble", lambda: "")
    tools.menus.pictures.aboutToShow.emit()
    assert tools.menus.camera.isEnabled()
    assert tools.menus.camera.text() == "Take one with the camera ..."
