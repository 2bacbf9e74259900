"""The stack: cards, the chosen ones, folding, keys, dragging."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lepton_studio.gui import theme
from lepton_studio.gui.widgets import stack_painter
from lepton_studio.gui.widgets.layer_stack import TAG_MIME, LayerStack, StackRow
from lepton_studio.gui.widgets.stack_plan import ONE_LINE, TEXT_LEFT, TEXT_RIGHT, TWO_LINES

MAPS, ROW = (8, 26, 26), (10,)
ROWS = [
    StackRow((), "Input", "one picture", "1 × 28 × 28", kind="input", tensor=(1, 28, 28)),
    StackRow((0,), "Convolution", "channels 8", "8 × 26 × 26", "80 parameters", tensor=MAPS, came_in=(1, 28, 28)),
    StackRow((1,), "Residual", "", "8 × 26 × 26", tensor=MAPS, came_in=MAPS, container=True, joint="+", goes_by=True),
    StackRow((1, 0), "ReLU", "", "8 × 26 × 26", tensor=MAPS, came_in=MAPS),
    StackRow((1, 1), "Repeat", "", "8 × 26 × 26", tensor=MAPS, came_in=MAPS, container=True),
    StackRow((1, 1, 0), "Tanh", "", "8 × 26 × 26", tensor=MAPS, came_in=MAPS, left_out="left out"),
    StackRow((2,), "Linear", "outputs 10", "", "", error="It takes a flat input. " * 4),
    StackRow((), "Output", "one number for each of 10 classes", kind="output"),
]


@pytest.fixture
def stack(qtbot: Any) -> LayerStack:
    widget = LayerStack()
    qtbot.addWidget(widget)
    widget.resize(400, 700)
    widget.drag_data = QMimeData
    widget.show()
    qtbot.waitExposed(widget)
    widget.show_rows(ROWS, (0,))
    QApplication.processEvents()
    return widget


@pytest.fixture
def heard(stack: LayerStack) -> list[Any]:
    said: list[Any] = []
    stack.choice_changed.connect(said.append)
    stack.command_wanted.connect(said.append)
    stack.cards_dropped.connect(lambda path, copies: said.append(("cards", path, copies)))
    stack.data_dropped.connect(lambda data, path: said.append(("data", path)))
    return said


def card(stack: LayerStack, row: int) -> Any:
    return stack._plan.card_rect(row, stack._top_of(row))


def click(stack: LayerStack, row: int, *modifiers: Qt.KeyboardModifier) -> None:
    held = modifiers[0] if modifiers else Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(stack.viewport(), Qt.MouseButton.LeftButton, held, card(stack, row).center().toPoint())


def picture(stack: LayerStack) -> QImage:
    QApplication.processEvents()
    return stack.viewport().grab().toImage()


def colours_on(image: QImage, row: Any) -> set[str]:
    """The colours on the left edge of a card, where it says its group."""
    return {image.pixelColor(x, round(row.center().y())).name() for x in range(int(row.left()), int(row.left()) + 8)}


# --- what is shown


def test_rows_are_shown_and_one_is_chosen_without_a_word(stack: LayerStack, heard: list[Any]) -> None:
    assert stack.count() == 8
    assert stack.chosen_path == (0,)
    stack.show_rows(ROWS[:3], (1,))
    assert stack.count() == 3
    assert stack.chosen_path == (1,)
    stack.show_rows(ROWS, (1, 0), [(0,), (2,)])
    assert stack.chosen_path == (1, 0)
    assert stack.chosen_paths == ((0,), (1, 0), (2,))
    stack.show_rows(ROWS, ())
    assert stack.chosen_paths == ()
    assert heard == []


def test_an_unknown_path_leaves_the_choice_as_it_is(stack: LayerStack, heard: list[Any]) -> None:
    stack.show_rows(ROWS, (7, 7))
    assert stack.chosen_path == (0,)
    assert heard == []


def test_an_empty_stack_has_nothing_chosen(stack: LayerStack) -> None:
    stack.show_rows([], ())
    assert stack.chosen_path == ()
    assert not picture(stack).isNull()


def test_screen_readers_and_tips_hear_what_is_painted(stack: LayerStack) -> None:
    item = stack.item(1)
    assert item.text() == "Convolution channels 8 8 × 26 × 26"
    assert item.data(Qt.ItemDataRole.AccessibleTextRole) == item.text()
    assert stack.item(6).toolTip() == ROWS[6].error
    assert stack.item(6).data(Qt.ItemDataRole.AccessibleDescriptionRole) == ROWS[6].error
    stack.show_rows([replace(ROWS[0], spoken="The input", tip="What it is")], ())
    assert stack.item(0).data(Qt.ItemDataRole.AccessibleTextRole) == "The input"
    assert stack.item(0).toolTip() == "What it is"
    assert stack.accessibleName() == "Layers"


def test_a_layer_that_does_not_fit_is_marked_and_has_room_for_its_message(stack: LayerStack) -> None:
    image = picture(stack)
    bad = QColor(theme.tokens().bad).name()
    assert bad in colours_on(image, card(stack, 6))
    assert bad not in colours_on(image, card(stack, 1))
    assert card(stack, 6).height() > card(stack, 1).height() + 25
    stack.resize(250, 700)
    QApplication.processEvents()
    narrow = card(stack, 6).height()
    stack.resize(700, 700)
    QApplication.processEvents()
    assert narrow > card(stack, 6).height() > card(stack, 1).height()


def test_what_is_inside_a_layer_is_indented_and_framed(stack: LayerStack) -> None:
    lefts = [card(stack, row).left() for row in (2, 3, 5)]
    assert lefts[1] - lefts[0] >= 12
    assert lefts[2] - lefts[1] >= 12
    image = picture(stack)
    inner = card(stack, 3)
    # Beside the card is the ground of the frame, not that of the stack.
    beside = image.pixelColor(int(inner.left()) - 6, int(inner.center().y()))
    assert beside != QColor(theme.tokens().window)
    outside = image.pixelColor(int(card(stack, 2).left()) - 4, int(inner.center().y()))
    assert outside == QColor(theme.tokens().window)


def test_a_layer_that_is_left_out_is_dashed(stack: LayerStack) -> None:
    def edge(row: int) -> set[str]:
        image, place = picture(stack), card(stack, row)
        return {
            image.pixelColor(x, int(place.top()) + 1).name()
            for x in range(int(place.left()) + 30, int(place.right()) - 30)
        }

    # Gaps in the line: the colours of line and paper take turns.
    assert len(edge(5)) > 1
    assert len(edge(3)) == 1


def test_the_tensor_is_drawn_where_it_changes(stack: LayerStack) -> None:
    plans = stack._plan.plans
    assert [plan.shows_tensor for plan in plans] == [True, True, False, False, False, False, False, False]
    assert plans[1].gap > plans[3].gap


@pytest.mark.parametrize("width", [60, 180, 1000])
def test_long_words_are_cut_at_any_width(stack: LayerStack, width: int) -> None:
    stack.setMinimumWidth(1)
    stack.resize(width, 300)
    long = "very " * 50
    stack.show_rows(
        [
            StackRow((0,), long, long, long, long, figures=(long, long), left_out=long),
            StackRow((1,), long, long, error=long, container=True, hint=long),
        ],
        (0,),
    )
    assert not picture(stack).isNull()
    assert stack.visualItemRect(stack.item(0)).width() <= max(120, stack.viewport().width())
    assert not stack.horizontalScrollBar().isVisible()


def test_figures_are_shown_as_far_as_there_is_room(stack: LayerStack) -> None:
    rows = [ROWS[0], replace(ROWS[1], figures=("452 kFLOP", "100 kB", "sees 3 × 3"))]
    shown = []
    for width in (180, 330, 420, 600):
        stack.resize(width, 400)
        stack.show_rows(rows, (0,))
        shown.append(len(stack._plan.columns))
        assert not picture(stack).isNull()
    assert shown[0] == 0
    assert shown == sorted(shown)
    assert shown[-1] == 3


def test_a_card_without_settings_is_as_high_as_what_it_says(stack: LayerStack) -> None:
    rows = [
        ROWS[0],
        replace(ROWS[1], detail="", cost="16 parameters", brief="16", figures=("452 000 operations",)),
    ]
    heights = []
    for width in (180, 600):
        stack.resize(width, 400)
        stack.show_rows(rows, (0,))
        heights.append(stack._plan.plans[1].card)
        assert not picture(stack).isNull()
    # Where there is no room for figures there is nothing on a second line.
    assert heights == [ONE_LINE, TWO_LINES]


def test_only_what_is_seen_is_painted(stack: LayerStack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.show_rows([StackRow((at,), f"Layer {at}") for at in range(100)], (0,))
    QApplication.processEvents()
    painted: list[int] = []
    painting = stack_painter._RowPainting

    def noting(painter: Any, plan: Any, number: int, top: float) -> Any:
        painted.append(number)
        return painting(painter, plan, number, top)

    monkeypatch.setattr(stack_painter, "_RowPainting", noting)
    stack.viewport().repaint()
    assert 5 < len(painted) < 25


# --- choosing and folding


def test_a_click_chooses_a_layer(stack: LayerStack, heard: list[Any]) -> None:
    click(stack, 3)
    assert heard == [((1, 0),)]
    click(stack, 0)
    assert heard[1:] == [()]
    assert stack.chosen_path == ()
    click(stack, 7)
    assert stack.chosen_paths == ()


def test_several_are_chosen_by_ctrl_and_by_shift(stack: LayerStack, heard: list[Any]) -> None:
    click(stack, 1)
    click(stack, 6, Qt.KeyboardModifier.ControlModifier)
    assert stack.chosen_paths == ((0,), (2,))
    assert heard[-1][-1] == (2,)
    click(stack, 1)
    click(stack, 3, Qt.KeyboardModifier.ShiftModifier)
    assert stack.chosen_paths == ((0,), (1,), (1, 0))
    assert heard[-1] == ((0,), (1,), (1, 0))
    QTest.keyClick(stack, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert stack.chosen_paths == ((0,), (1,))


def test_the_chevron_folds_a_container_and_opens_it_again(stack: LayerStack, qtbot: Any) -> None:
    place = card(stack, 2)
    at = QPoint(int(place.right()) - 20, int(place.center().y()))
    with qtbot.waitSignal(stack.folding_changed):
        QTest.mouseClick(stack.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert not stack.is_open((1,))
    assert [stack.isRowHidden(row) for row in range(8)] == [False, False, False, True, True, True, False, False]
    QTest.mouseClick(stack.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert stack.is_open((1,))
    assert not stack.isRowHidden(5)


def test_left_and_right_fold_as_in_trees(stack: LayerStack) -> None:
    stack.setFocus()
    stack.show_rows(ROWS, (1, 1, 0))
    QTest.keyClick(stack, Qt.Key.Key_Left)
    assert stack.chosen_path == (1, 1)
    QTest.keyClick(stack, Qt.Key.Key_Left)
    assert not stack.is_open((1, 1))
    QTest.keyClick(stack, Qt.Key.Key_Left)
    assert stack.chosen_path == (1,)
    QTest.keyClick(stack, Qt.Key.Key_Right)
    assert stack.is_open((1,))
    stack.show_rows(ROWS, (1, 1))
    QTest.keyClick(stack, Qt.Key.Key_Right)
    assert stack.is_open((1, 1))


def test_a_folded_container_shows_that_something_inside_does_not_fit(stack: LayerStack) -> None:
    rows = [replace(row, error="It does not fit.") if row.path == (1, 0) else row for row in ROWS]
    stack.show_rows(rows, (0,))
    head = next(at for at, row in enumerate(rows) if row.path == (1,))
    bad = QColor(theme.tokens().bad).name()
    assert bad not in colours_on(picture(stack), card(stack, head))
    stack.set_folded((1,), True)
    assert bad in colours_on(picture(stack), card(stack, head))


def test_folding_away_what_is_chosen_chooses_the_container(stack: LayerStack) -> None:
    stack.show_rows(ROWS, (1, 1, 0))
    stack.set_folded((1,), True)
    assert stack.chosen_path == (1,)
    # What is chosen from elsewhere is shown.
    stack.show_rows(ROWS, (1, 0))
    assert stack.is_open((1,))
    stack.set_folded((0,), True)
    assert stack.is_open((0,))


def test_a_folded_container_stays_folded_when_others_come_and_go(stack: LayerStack) -> None:
    stack.set_folded((1,), True)
    moved = [
        ROWS[0],
        StackRow((0,), "Dropout"),
        *(replace(row, path=(row.path[0] + 1, *row.path[1:])) for row in ROWS[1:-1]),
        ROWS[-1],
    ]
    stack.show_rows(moved, (0,))
    assert not stack.is_open((2,))
    assert stack.is_open((1,))
    stack.show_rows(ROWS, (0,))
    assert not stack.is_open((1,))
    stack.show_rows([ROWS[0], ROWS[1], ROWS[-1]], (0,))
    stack.show_rows(ROWS, (0,))
    assert stack.is_open((1,))


# --- keys


@pytest.mark.parametrize(
    ("key", "modifier", "word"),
    [
        (Qt.Key.Key_Delete, "No", "remove"),
        (Qt.Key.Key_Backspace, "No", "remove"),
        (Qt.Key.Key_Up, "Alt", "move_up"),
        (Qt.Key.Key_Down, "Alt", "move_down"),
        (Qt.Key.Key_Left, "Alt", "move_out"),
        (Qt.Key.Key_Right, "Alt", "move_in"),
        (Qt.Key.Key_D, "Control", "duplicate"),
        (Qt.Key.Key_C, "Control", "copy"),
        (Qt.Key.Key_X, "Control", "cut"),
        (Qt.Key.Key_V, "Control", "paste"),
        (Qt.Key.Key_A, "Control", "select_all"),
        (Qt.Key.Key_Slash, "Control", "leave_out"),
        (Qt.Key.Key_G, "Control", "wrap"),
        (Qt.Key.Key_Return, "No", "settings"),
        (Qt.Key.Key_Insert, "No", "find"),
        (Qt.Key.Key_Plus, "No", "find"),
        (Qt.Key.Key_Plus, "Shift", "find"),
    ],
    ids=lambda each: getattr(each, "name", each),
)
def test_keys_ask_for_what_they_stand_for(
    stack: LayerStack, heard: list[Any], key: Qt.Key, modifier: str, word: str
) -> None:
    held = getattr(Qt.KeyboardModifier, f"{modifier}Modifier")
    stack.setFocus()
    QTest.keyClick(stack, key, held)
    assert heard == [word]
    # They come before a shortcut of the window with the same keys.
    override = QKeyEvent(QEvent.Type.ShortcutOverride, key, held)
    override.ignore()
    QApplication.sendEvent(stack, override)
    assert override.isAccepted()


def test_other_keys_are_left_to_the_window(stack: LayerStack) -> None:
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    override.ignore()
    QApplication.sendEvent(stack, override)
    assert not override.isAccepted()


def test_down_goes_on_and_a_double_click_asks_for_the_settings(stack: LayerStack, heard: list[Any]) -> None:
    stack.setFocus()
    QTest.keyClick(stack, Qt.Key.Key_Down)
    assert heard == [((1,),)]
    place = card(stack, 1).center().toPoint()
    QTest.mouseClick(stack.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(stack.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert heard[-1] == "settings"


# --- dragging


def dropped(stack: LayerStack, y: float, source: Any, data: QMimeData, held: str = "No") -> bool:
    """Drags something over a height and lets it go there; whether it was taken."""
    modifiers = getattr(Qt.KeyboardModifier, f"{held}Modifier")
    action, button = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton

    class Drag(QDropEvent):
        def source(self) -> Any:
            return source

    stack.dragEnterEvent(QDragEnterEvent(QPoint(100, round(y)), action, data, button, modifiers))
    event = Drag(QPointF(100, y), action, data, button, modifiers)
    stack.dropEvent(event)
    return event.isAccepted()


def tag_data() -> QMimeData:
    data = QMimeData()
    data.setData(TAG_MIME, b"relu")
    return data


def test_what_is_dropped_goes_to_the_nearest_place(stack: LayerStack, heard: list[Any]) -> None:
    first, second, inner = card(stack, 1), card(stack, 2), card(stack, 3)
    deepest, last, output = card(stack, 5), card(stack, 6), card(stack, 7)
    places = [
        (first.top() + 4, (0,)),
        (first.bottom() + 10, (1,)),
        (second.bottom() + 5, (1, 0)),
        (inner.bottom() + 4, (1, 1)),
        (deepest.bottom() + 4, (1, 1, 1)),
        (last.bottom() + 4, (3,)),
        (output.center().y(), (3,)),
        (690.0, (3,)),
        (5.0, (0,)),
    ]
    for y, _path in places:
        assert dropped(stack, y, None, tag_data())
    assert heard == [("data", path) for _y, path in places]


def test_below_the_frame_of_a_container_is_outside_of_it(stack: LayerStack, heard: list[Any]) -> None:
    feet = stack._plan.plans[5].feet
    assert [stack.rows[foot.row].path for foot in feet] == [(1, 1), (1,)]
    for foot, path in zip(feet, [(1, 2), (2,)], strict=True):
        assert dropped(stack, stack._top_of(5) + foot.top + foot.height + foot.gap / 2, None, tag_data())
        assert heard[-1] == ("data", path)


def test_a_folded_container_takes_what_is_dropped_on_it(stack: LayerStack, heard: list[Any]) -> None:
    stack.set_folded((1,), True)
    QApplication.processEvents()
    assert dropped(stack, card(stack, 2).center().y(), None, tag_data())
    assert dropped(stack, card(stack, 2).bottom() + 4, None, tag_data())
    assert heard == [("data", (1, 2)), ("data", (2,))]


def test_an_empty_container_takes_what_is_dropped_under_it(stack: LayerStack, heard: list[Any]) -> None:
    stack.show_rows([ROWS[0], StackRow((0,), "Residual", container=True, hint="Empty"), ROWS[-1]], (0,))
    QApplication.processEvents()
    assert dropped(stack, card(stack, 1).bottom() + 12, None, tag_data())
    assert heard == [("data", (0, 0))]


def test_cards_are_moved_or_copied_but_not_into_themselves(stack: LayerStack, heard: list[Any]) -> None:
    data = QMimeData()
    data.setText("layers")
    stack.show_rows(ROWS, (1,))
    assert dropped(stack, card(stack, 1).top() + 4, stack, data)
    assert dropped(stack, card(stack, 1).top() + 4, stack, data, "Control")
    assert heard == [("cards", (0,), False), ("cards", (0,), True)]
    assert not dropped(stack, card(stack, 3).bottom() + 4, stack, data)
    assert len(heard) == 2


def test_nothing_is_done_with_what_is_no_layer(stack: LayerStack, heard: list[Any]) -> None:
    assert not dropped(stack, 100.0, None, QMimeData())
    assert heard == []


def test_a_line_shows_where_it_would_go_and_is_gone_afterwards(stack: LayerStack) -> None:
    def has_line() -> bool:
        image = picture(stack)
        column = [image.pixelColor(300, at).name() for at in range(round(y) - 8, round(y) + 40)]
        return QColor(theme.tokens().accent).name() in column

    y = card(stack, 1).bottom() + 10
    stack.show_rows(ROWS, ())
    assert not has_line()
    data = tag_data()
    event = QDragMoveEvent(
        QPoint(100, round(y)), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    stack.dragMoveEvent(event)
    assert event.isAccepted()
    assert has_line()
    stack.dragLeaveEvent(QDragLeaveEvent())
    assert not has_line()


def test_the_chosen_cards_are_dragged_with_what_they_carry(stack: LayerStack, monkeypatch: pytest.MonkeyPatch) -> None:
    from lepton_studio.gui.widgets import layer_stack

    carried: list[QMimeData] = []
    monkeypatch.setattr(layer_stack.QDrag, "exec", lambda drag, *_actions: carried.append(drag.mimeData()))
    stack.drag_data = tag_data
    stack.startDrag(Qt.DropAction.MoveAction)
    assert carried[0].hasFormat(TAG_MIME)
    stack.show_rows(ROWS, ())
    stack.startDrag(Qt.DropAction.MoveAction)
    assert len(carried) == 1


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_it_is_painted_in_every_theme_and_size(qtbot: Any, qapp: QApplication, name: str, zoom: float) -> None:
    theme.apply_theme(qapp, name, zoom)
    widget = LayerStack()
    qtbot.addWidget(widget)
    widget.resize(500, 900)
    widget.show_rows([*ROWS[:3], replace(ROWS[3], way="branch 1 of 2", glyph="layer_relu"), *ROWS[4:]], (0,), [(1,)])
    widget.show()
    qtbot.waitExposed(widget)
    image = picture(widget)
    assert image.pixelColor(2, 2) == QColor(theme.tokens().window)
    assert len({image.pixel(x, y) for x in range(0, 480, 3) for y in range(0, 800, 3)}) > 20


def test_there_is_as_much_room_for_words_as_the_card_leaves_at_any_depth(stack: LayerStack) -> None:
    around = theme.px(TEXT_LEFT + TEXT_RIGHT)
    for number, row in enumerate(ROWS):
        assert stack._plan.words_width(row) == pytest.approx(card(stack, number).width() - around, abs=2)
