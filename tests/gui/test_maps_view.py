"""Every layer lights up with the pen, can be looked at closely, and can be switched off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from lepton_studio.engine import Architecture, Interventions, Reader, Stroke, take_apart
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.intervention_note import InterventionNote
from lepton_studio.gui.maps_view import PICTURE, MapsView
from lepton_studio.gui.session import Session

LINE = Stroke(((0.3, 0.2), (0.5, 0.5), (0.5, 0.8)), 0.1)
OTHER = Stroke(((0.2, 0.8), (0.8, 0.8)), 0.1)


@pytest.fixture
def view(easel: Easel, qtbot: Any) -> Iterator[MapsView]:
    view = MapsView(easel)
    qtbot.addWidget(view)
    view.resize(460, 600)
    view.show()
    qtbot.waitExposed(view)
    settle()
    yield view
    view.stop()


@pytest.fixture
def note(easel: Easel, qtbot: Any) -> InterventionNote:
    """As it stands below the canvas."""
    note = InterventionNote(easel)
    qtbot.addWidget(note)
    return note


def settle() -> None:
    for _ in range(6):
        QApplication.processEvents()


def draw(easel: Easel, *strokes: Stroke) -> None:
    easel.show(strokes)
    settle()


def lit(view: MapsView, path: tuple[int, ...], number: int) -> np.ndarray[Any, Any]:
    """The bytes that are shown of a tile."""
    block = next(each for each in view.wall.blocks if each.path == path)
    return np.array([view.wall.byte_at(path, number, index) for index in range(block.tile[0] * block.tile[1])])


def click(view: MapsView, path: tuple[int, ...], number: int, button: Any = Qt.MouseButton.LeftButton) -> None:
    QTest.mouseClick(view.wall, button, pos=view.wall.place_of(path, number).center())
    settle()


def test_an_empty_canvas_shows_the_layers_in_the_dark_and_says_what_to_do(view: MapsView) -> None:
    assert "Draw" in view.hint.text()
    titles = [block.title for block in view.wall.blocks]
    assert titles[0] == "Picture"
    assert titles[1:4] == ["Convolution 2d", "ReLU", "Max pooling 2d"]
    assert titles[-1] == "Answer"
    assert len(set(lit(view, (0,), 0))) == 1


def test_without_a_network_it_says_what_would_be_here(tiny_session: Session, qtbot: Any) -> None:
    easel = Easel(tiny_session)
    view = MapsView(easel)
    qtbot.addWidget(view)
    view.show()
    settle()
    assert "needs a network" in view.hint.text()
    assert not view.wall.isVisible()
    view.stop()
    easel.stop()


def test_every_layer_lights_up_and_nothing_jumps_while_drawing(view: MapsView, easel: Easel) -> None:
    places = view.wall.wall
    draw(easel, LINE)
    assert len(set(lit(view, (0,), 0))) > 3
    assert len(set(lit(view, PICTURE, 0))) > 1
    first = lit(view, (0,), 0)
    draw(easel, LINE, OTHER)
    assert not np.array_equal(lit(view, (0,), 0), first)
    assert view.wall.wall is places
    draw(easel)
    assert len(set(lit(view, (0,), 0))) == 1
    assert view.wall.wall is places


def test_the_answer_is_the_one_of_the_bars(view: MapsView, easel: Easel) -> None:
    draw(easel, LINE)
    assert easel.part is not None
    assert np.array_equal(view.outputs[()].output, easel.part.probabilities)
    best = int(easel.part.probabilities.argmax())
    assert lit(view, (), best).max() == max(lit(view, (), at).max() for at in range(4))


def test_hidden_it_costs_nothing_and_catches_up_when_shown(view: MapsView, easel: Easel, monkeypatch: Any) -> None:
    from lepton_studio.gui import maps_view

    passes = []
    real = maps_view.activations_of
    monkeypatch.setattr(maps_view, "activations_of", lambda *given: passes.append(1) or real(*given))
    view.hide()
    draw(easel, LINE)
    draw(easel, LINE, OTHER)
    assert not passes
    assert not view._soon.isActive()
    view.show()
    settle()
    assert len(passes) == 1
    assert len(set(lit(view, (0,), 0))) > 3


def test_a_click_enlarges_a_map_and_hovering_takes_its_cells_apart(view: MapsView, easel: Easel) -> None:
    draw(easel, LINE)
    click(view, (0,), 2)
    detail = view.detail
    assert detail.isVisible()
    assert not view.wall.isVisible()
    assert "map 2 of 4" in detail.head.caption
    detail.map.repaint()
    QTest.mouseMove(detail.map, detail.map.cell_centre(3, 5))
    settle()
    assert detail.cell == (2, 3, 5)
    assert detail.picture.frame == (2, 4, 5, 7)
    assert easel.predictor is not None
    assert easel.part is not None
    taken = take_apart(easel.predictor, easel.part.picture, (0,), (2, 3, 5))
    grids = [part for row in detail.arithmetic._all for part in row.parts if not isinstance(part, str)]
    assert np.array_equal(grids[0].values, taken.inputs[0])
    assert np.array_equal(grids[1].values, taken.weights[0])
    assert detail.kernels.isVisible()


def test_keys_move_the_cell_turn_the_maps_and_close(view: MapsView, easel: Easel) -> None:
    draw(easel, LINE)
    click(view, (0,), 0)
    detail = view.detail
    detail.map.set_frame((2, 2, 3, 3))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(detail.map, key)
    assert detail.cell == (0, 4, 1)
    QTest.keyClick(detail.map, Qt.Key.Key_PageDown)
    assert detail.cell == (1, 4, 1)
    for _ in range(9):
        QTest.keyClick(detail.map, Qt.Key.Key_PageDown)
    assert detail.cell == (3, 4, 1)
    QTest.keyClick(detail.map, Qt.Key.Key_Escape)
    settle()
    assert view.wall.isVisible()
    assert not detail.isVisible()


def test_the_wall_can_be_walked_with_keys_alone(view: MapsView, easel: Easel) -> None:
    draw(easel, LINE)
    view.wall.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view.wall, Qt.Key.Key_Down)
    QTest.keyClick(view.wall, Qt.Key.Key_Right)
    QTest.keyClick(view.wall, Qt.Key.Key_Return)
    settle()
    assert view.detail.chosen is not None
    assert (view.detail.chosen.path, view.detail.chosen.number) == ((0,), 1)


def test_every_kind_of_layer_can_be_enlarged_and_follows_the_pen(view: MapsView, easel: Easel) -> None:
    draw(easel, LINE)
    for block in view.wall.blocks[1:]:
        view.enlarge(block.path, 1)
        settle()
        before = [row.label for row in view.detail.arithmetic.rows]
        assert before
        draw(easel, LINE, OTHER)
        assert view.detail.isVisible()
        draw(easel, LINE)
        view.close_detail()
    assert view.detail.chosen is None


def test_a_map_is_switched_off_the_bars_move_and_the_note_says_so(
    view: MapsView, easel: Easel, note: InterventionNote
) -> None:
    draw(easel, LINE)
    assert easel.part is not None
    before = easel.part.probabilities
    click(view, (0,), 1)
    view.detail.switches.off_box.click()
    settle()
    assert easel.predictor is not None
    assert easel.predictor.interventions == Interventions().switched((0,), 1, True)
    assert not np.array_equal(easel.part.probabilities, before)
    assert note.text == "1 channel is off"
    assert not view.outputs[0,].output[1].any()
    note.reset_button.click()
    settle()
    assert np.array_equal(easel.part.probabilities, before)
    assert note.text == ""
    assert not view.detail.switches.off_box.isChecked()


def test_what_is_off_is_crossed_out_on_the_wall(view: MapsView, easel: Easel) -> None:
    draw(easel, LINE)
    place = view.wall.place_of((2,), 1)
    plain = view.wall.grab(place).toImage()
    assert easel.predictor is not None
    easel.predictor.intervene(Interventions().switched((2,), 1, True))
    easel.answer()
    settle()
    crossed = view.wall.grab(place).toImage()
    middle = place.width() // 2, place.height() // 2
    assert crossed.pixelColor(*middle).name() == "#c8372d"
    assert plain.pixelColor(*middle) != crossed.pixelColor(*middle)


def test_noise_and_strength_are_set_by_sliders_and_told(view: MapsView, easel: Easel, note: InterventionNote) -> None:
    draw(easel, LINE)
    click(view, (0,), 0)
    view.detail.switches.noise.setValue(40)
    view.detail.switches.strength.setValue(15)
    settle()
    assert easel.predictor is not None
    assert easel.predictor.interventions == Interventions().noisy((0,), 0.4).scaled((0,), 0, 1.5)
    assert note.text == "1 channel is turned up or down, noise on 1 layer"
    assert view.wall.blocks[1].note == "noise 40 %"


def test_the_menu_of_a_map_switches_it_off_and_on(view: MapsView, easel: Easel) -> None:
    draw(easel, LINE)
    assert easel.predictor is not None
    for expected in ("Switch off", "Switch on"):
        view.wall.menu_wanted.emit((0,), 3, view.mapToGlobal(QPoint(9, 9)))
        menu = next(each for each in view.findChildren(QMenu) if each.isVisible())
        action = next(each for each in menu.findChildren(QAction) if each.text() == expected)
        action.trigger()
        menu.close()
        settle()
        assert easel.predictor.interventions.is_off((0,), 3) == (expected == "Switch off")


def test_another_network_begins_anew_without_what_was_done(
    view: MapsView, easel: Easel, note: InterventionNote
) -> None:
    draw(easel, LINE)
    click(view, (0,), 1)
    view.detail.switches.off_box.click()
    easel.take_run()
    settle()
    assert easel.predictor is not None
    assert not easel.predictor.interventions
    assert note.text == ""
    assert view.wall.isVisible()


@pytest.fixture
def long_view(tiny_session: Session, fresh_predictor: Any, qtbot: Any) -> Iterator[MapsView]:
    """Of a network that does not fit into it, with something drawn."""
    layers = tuple(layer for _ in range(9) for layer in (Conv2d(channels=4, padding=1), Relu()))
    easel = Easel(tiny_session)
    easel.predictor = fresh_predictor(Architecture("Long", (*layers, Flatten(), Linear(outputs=10))))
    easel.reader = Reader(easel.predictor)
    view = MapsView(easel)
    qtbot.addWidget(view)
    view.resize(320, 400)
    view.show()
    draw(easel, LINE)
    yield view
    view.stop()
    easel.stop()


def test_the_answer_of_a_long_network_stays_in_sight(long_view: MapsView) -> None:
    view = long_view
    area, foot = view._area, view.foot
    assert view.wall.height() > 2 * area.viewport().height()
    assert foot.isVisible()
    assert foot.geometry().bottom() == area.viewport().rect().bottom()
    # What is seen there is what is at the end of the wall, and lies over it when all is scrolled.
    early = foot.grab().toImage()
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    settle()
    end = view.wall.mapFrom(area.viewport(), foot.pos())
    late = view.wall.grab(QRect(end, foot.size())).toImage()
    differing = [y for y in range(early.height()) if any(early.pixel(x, y) != late.pixel(x, y) for x in range(300))]
    assert differing in ([0], [])
    last = view.wall.place_of((), 3)
    QTest.mouseClick(foot, Qt.MouseButton.LeftButton, pos=last.center() - end)
    assert view.detail.chosen is not None
    assert (view.detail.chosen.path, view.detail.cell) == ((), (3,))
    view.close_detail()
    view.resize(320, 3000)
    settle()
    assert not foot.isVisible()


def test_the_keys_scroll_to_the_layer_that_they_come_to(long_view: MapsView) -> None:
    view = long_view
    view.wall.setFocus(Qt.FocusReason.TabFocusReason)
    seen = view._area.viewport()
    for _ in view.wall.blocks:
        QTest.keyClick(view.wall, Qt.Key.Key_Down)
        at, number = view.wall._cursor
        place = view.wall.place_of(view.wall.blocks[at].path, number).center()
        assert seen.rect().contains(view.wall.mapTo(seen, place))


def test_it_says_what_the_colours_mean_as_soon_as_there_are_some(view: MapsView, easel: Easel) -> None:
    before = view.hint.height()
    draw(easel, LINE)
    assert "orange is above 0" in view.hint.text()
    assert view.hint.height() == before


@pytest.mark.parametrize("size", [(300, 600), (700, 600), (1200, 170), (460, 240), (1300, 900)])
def test_the_wall_fits_any_room(view: MapsView, easel: Easel, size: tuple[int, int]) -> None:
    draw(easel, LINE)
    view.resize(*size)
    settle()
    wall = view.wall
    assert wall.wall.is_flat == (size[1] < 300)
    across = wall.height() if wall.wall.is_flat else wall.width()
    for block, placed in zip(wall.blocks, wall.wall.placed, strict=True):
        assert placed.shown >= 1
        for number in (0, placed.shown - 1):
            place = wall.place_of(block.path, number)
            assert wall.rect().contains(place)
            assert (place.bottom() if wall.wall.is_flat else place.right()) < across
            assert wall.tile_at(place.center()) == (block.path, number)
