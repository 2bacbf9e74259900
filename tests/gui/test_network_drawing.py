"""The drawing under the mouse and the keyboard, and as a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.network_drawing import NetworkDrawing
from lepton_studio.gui.widgets.network_plan import DrawnLayer
from lepton_studio.gui.widgets.network_print import network_png, network_svg

ENDS = ("Input", "Answer: 10 classes")
PICTURE, MAPS = (1, 28, 28), (8, 28, 28)

INSIDE = DrawnLayer((1, 0), "Batch norm", "", "Normalisation", input_shape=MAPS, output_shape=MAPS)
LAYERS = (
    DrawnLayer((0,), "Convolution 2d", "channels 8", "Picture", "8 windows", PICTURE, MAPS),
    DrawnLayer(
        (1,), "Residual & more", "", "Container", "", MAPS, MAPS, is_container=True, children=(INSIDE,),
        goes_by=True, joint="+", around="projection", times=3,
    ),
    DrawnLayer((2,), "ReLU", "", "Activation", "", MAPS, MAPS, is_left_out=True),
    DrawnLayer((3,), "Linear", "outputs 10", "Dense", "", MAPS, None, "It gets a picture."),
)  # fmt: skip


@pytest.fixture
def drawing(qtbot: Any) -> NetworkDrawing:
    drawing = NetworkDrawing()
    qtbot.addWidget(drawing)
    drawing.resize(340, 640)
    drawing.show_network(LAYERS, PICTURE, ENDS)
    drawing.show()
    qtbot.waitExposed(drawing)
    return drawing


def stack(count: int) -> tuple[DrawnLayer, ...]:
    return tuple(
        replace(LAYERS[0], path=(at,), input_shape=(at, 28, 28), output_shape=(at + 1, 28, 28)) for at in range(count)
    )


def middle(drawing: NetworkDrawing, path: tuple[int, ...]) -> QPoint:
    """A point of a box that lies in no box inside it: a frame's title."""
    place = drawing.place_of(path)
    return QPoint(place.center().x(), place.top() + 4)


def wheel(drawing: NetworkDrawing, at: QPoint, turns: int) -> None:
    event = QWheelEvent(
        QPointF(at), QPointF(drawing.mapToGlobal(at)), QPoint(), QPoint(0, 120 * turns), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(drawing, event)


def drag(qtbot: Any, drawing: NetworkDrawing, way: QPoint) -> None:
    start = drawing.rect().center()
    qtbot.mousePress(drawing, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.5, 1.0):
        qtbot.mouseMove(drawing, start + way * share)
    qtbot.mouseRelease(drawing, Qt.MouseButton.LeftButton, pos=start + way)


@pytest.mark.parametrize("path", [(), (0,), (1,), (1, 0), (2,), (3,)], ids=str)
def test_a_click_on_a_box_chooses_its_layer(drawing: NetworkDrawing, qtbot: Any, path: tuple[int, ...]) -> None:
    with qtbot.waitSignal(drawing.layer_chosen) as caught:
        qtbot.mouseClick(drawing, Qt.MouseButton.LeftButton, pos=middle(drawing, path))
    assert caught.args == [path]


def test_clicks_beside_the_boxes_and_on_the_answer_choose_nothing(drawing: NetworkDrawing, qtbot: Any) -> None:
    answer = drawing.place_of((3,)).center() + QPoint(0, round(50 * drawing.zoom))
    with qtbot.assertNotEmitted(drawing.layer_chosen):
        qtbot.mouseClick(drawing, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
        qtbot.mouseClick(drawing, Qt.MouseButton.LeftButton, pos=answer)
    assert drawing.plan.boxes[-1].text == "Answer: 10 classes"


def test_the_wheel_zooms_at_the_pointer(drawing: NetworkDrawing) -> None:
    at, before = drawing.place_of((3,)).center(), drawing.zoom
    wheel(drawing, at, 3)
    assert drawing.zoom == pytest.approx(before * 1.25**3)
    assert drawing.place_of((3,)).contains(at)
    wheel(drawing, at, -3)
    assert drawing.zoom == pytest.approx(before)


def test_zoom_stays_within_reason(drawing: NetworkDrawing) -> None:
    wheel(drawing, QPoint(100, 100), 100)
    assert drawing.zoom == 4.0
    wheel(drawing, QPoint(100, 100), -100)
    assert drawing.zoom == 0.05


def test_a_drag_moves_it_and_is_no_click(drawing: NetworkDrawing, qtbot: Any) -> None:
    wheel(drawing, drawing.rect().center(), 5)
    before = drawing.place_of((1,))
    with qtbot.assertNotEmitted(drawing.layer_chosen):
        drag(qtbot, drawing, QPoint(0, -40))
    assert drawing.place_of((1,)).top() == pytest.approx(before.top() - 40, abs=1)


def test_it_cannot_be_dragged_out_of_sight(drawing: NetworkDrawing, qtbot: Any) -> None:
    wheel(drawing, drawing.rect().center(), 5)
    for _ in range(8):
        drag(qtbot, drawing, QPoint(160, 310))
    assert drawing.place_of(()).top() == 16
    assert drawing.place_of((1,)).left() == 16


def test_plus_minus_nought_one_and_the_arrows_do_what_the_mouse_does(drawing: NetworkDrawing, qtbot: Any) -> None:
    whole = drawing.zoom
    qtbot.keyClick(drawing, Qt.Key.Key_Plus)
    assert drawing.zoom == pytest.approx(whole * 1.25)
    qtbot.keyClick(drawing, Qt.Key.Key_Minus)
    assert drawing.zoom == pytest.approx(whole)
    qtbot.keyClick(drawing, Qt.Key.Key_1)
    assert drawing.zoom == 1.0
    for _ in range(4):
        qtbot.keyClick(drawing, Qt.Key.Key_Plus)
    before = drawing.place_of((1,)).topLeft()
    qtbot.keyClick(drawing, Qt.Key.Key_Up)
    qtbot.keyClick(drawing, Qt.Key.Key_Left)
    after = drawing.place_of((1,)).topLeft()
    assert after.y() > before.y()
    assert after.x() > before.x()
    qtbot.keyClick(drawing, Qt.Key.Key_0)
    assert drawing.zoom == pytest.approx(whole)


def test_it_fits_the_room_until_somebody_zooms(drawing: NetworkDrawing) -> None:
    drawing.resize(340, 400)
    fitted = drawing.zoom
    assert fitted < 1
    assert drawing.rect().contains(drawing.place_of((3,)))
    drawing.zoom_by(1.25)
    drawing.resize(340, 640)
    assert drawing.zoom == pytest.approx(fitted * 1.25)
    drawing.fit()
    drawing.resize(340, 500)
    assert drawing.rect().contains(drawing.place_of((3,)))


def test_a_long_network_is_shown_as_large_as_can_be_read_with_the_chosen_card_in_sight(
    drawing: NetworkDrawing,
) -> None:
    drawing.show_network(stack(100), PICTURE, ENDS)
    assert drawing.zoom > 0.5
    assert not drawing.rect().intersects(drawing.place_of((80,)))
    drawing.set_chosen(((80,),), (80,))
    assert drawing.rect().contains(drawing.place_of((80,)))
    drawing.fit()
    assert drawing.rect().contains(drawing.place_of((0,)).united(drawing.place_of((99,))))


def test_the_chosen_box_is_lit_up(drawing: NetworkDrawing) -> None:
    before = drawing.grab().toImage().pixelColor(drawing.place_of((0,)).center())
    drawing.set_chosen(((0,),), (0,))
    assert drawing.grab().toImage().pixelColor(drawing.place_of((0,)).center()) != before
    drawing.set_chosen((), ())
    assert drawing.grab().toImage().pixelColor(drawing.place_of((0,)).center()) == before


def test_what_is_under_the_mouse_is_told(drawing: NetworkDrawing, qtbot: Any) -> None:
    place = drawing.place_of((0,)).center()
    qtbot.mouseMove(drawing, place)
    assert drawing.cursor().shape() == Qt.CursorShape.PointingHandCursor
    QApplication.sendEvent(drawing, QHelpEvent(QEvent.Type.ToolTip, place, drawing.mapToGlobal(place)))
    assert QToolTip.text() == "8 windows"
    qtbot.mouseMove(drawing, QPoint(2, 2))
    assert drawing.cursor().shape() == Qt.CursorShape.ArrowCursor
    QToolTip.hideText()


def test_an_empty_drawing_says_what_it_will_show(qtbot: Any) -> None:
    drawing = NetworkDrawing()
    qtbot.addWidget(drawing)
    drawing.resize(300, 200)
    colours = {drawing.grab().toImage().pixelColor(x, 100).name() for x in range(300)}
    assert len(colours) > 1
    assert drawing.place_of((0,)).isNull()


def test_the_svg_is_well_formed_and_holds_every_text_as_text(drawing: NetworkDrawing) -> None:
    data = network_svg(drawing.plan, "LeNet <5> & more")
    root = ElementTree.fromstring(data)
    texts = {"".join(each.itertext()).strip() for each in root.iter("{http://www.w3.org/2000/svg}text")}
    for layer in (*LAYERS, INSIDE):
        assert {text for text in (layer.title, layer.detail) if text} <= texts
    assert {*ENDS, "projection", "× 3", "1 × 28 × 28", "8 × 28 × 28"} <= texts
    assert root.find("{http://www.w3.org/2000/svg}title").text == "LeNet <5> & more"  # type: ignore[union-attr]


def test_files_have_the_light_colours_whatever_the_window_has(drawing: NetworkDrawing, qapp: QApplication) -> None:
    light = network_png(drawing.plan)
    theme.apply_theme(qapp, "dark", 1.5)
    dark = network_png(drawing.plan)
    image = QImage.fromData(dark, "PNG")
    assert image.width() == 2 * (round(drawing.plan.width) + 32)
    assert image.pixelColor(2, 2).name() == theme.LIGHT.surface.lower()
    assert QImage.fromData(light, "PNG") == image


def test_a_very_long_network_becomes_a_picture_that_can_be_opened(drawing: NetworkDrawing) -> None:
    drawing.show_network(stack(400), PICTURE, ENDS)
    image = QImage.fromData(network_png(drawing.plan), "PNG")
    assert max(image.width(), image.height()) <= 16_000
    assert not image.isNull()


def test_where_there_is_much_room_a_long_network_is_shown_larger(drawing: NetworkDrawing) -> None:
    long = tuple(DrawnLayer((at,), "ReLU", "", "Activation") for at in range(60))
    drawing.show_network(long, (1, 28, 28), ("Input", "Answer"))
    drawing.resize(220, 400)
    narrow = drawing.zoom
    drawing.resize(1000, 400)
    assert narrow < 1.0
    assert drawing.zoom == 1.0
