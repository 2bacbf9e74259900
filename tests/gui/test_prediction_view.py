"""The answer: true at once for scripts, with bars that take their time for people."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QAbstractAnimation, QObject, Qt
from PySide6.QtGui import QColor

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.prediction_view import PredictionView, Verdict

NAMES = ("cat", "dog", "owl")


@pytest.fixture
def view(qtbot) -> PredictionView:
    widget = PredictionView()
    qtbot.addWidget(widget)
    widget.resize(400, 500)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def properties(view: QObject) -> tuple[object, object, object]:
    return view.property("label"), view.property("probability"), view.property("probabilities")


def test_the_properties_are_true_at_once_and_of_plain_types(view) -> None:
    view.set_answer(NAMES, (0.125, 0.75, 0.125))
    label, probability, probabilities = properties(view)
    assert (label, probability, probabilities) == ("dog", 0.75, [0.125, 0.75, 0.125])
    assert [type(each) for each in (label, probability, probabilities)] == [str, float, list]
    assert all(type(each) is float for each in probabilities)


@pytest.mark.parametrize("names", [(), NAMES], ids=["no network", "nothing drawn"])
def test_nothing_drawn_is_an_empty_label(view, names) -> None:
    view.set_answer(NAMES, (0.125, 0.75, 0.125))
    view.set_answer(names, ())
    assert properties(view) == ("", 0.0, [])
    view.grab()


def test_a_new_view_has_no_answer(view) -> None:
    assert properties(view) == ("", 0.0, [])
    view.grab()


def test_bars_glide_to_their_target(view, qtbot) -> None:
    view.set_answer(NAMES, (1.0, 0.0, 0.0))
    assert view._glide.state() == QAbstractAnimation.State.Running
    assert view._shown == [0.0, 0.0, 0.0]
    qtbot.waitUntil(lambda: view._glide.state() == QAbstractAnimation.State.Stopped, timeout=30_000)
    assert view._shown == pytest.approx([1.0, 0.0, 0.0])


def test_a_new_answer_in_the_middle_glides_on_from_there(view, qtbot) -> None:
    view.set_answer(NAMES, (1.0, 0.0, 0.0))
    view._glide.setCurrentTime(50)
    halfway = view._shown[0]
    assert 0 < halfway < 1
    view.set_answer(NAMES, (0.0, 1.0, 0.0))
    assert view._shown[0] == halfway
    qtbot.waitUntil(lambda: view._shown == pytest.approx([0.0, 1.0, 0.0]), timeout=30_000)


def test_bars_jump_where_motion_is_off_or_nobody_sees_it(view) -> None:
    view.motion = False
    view.set_answer(NAMES, (1.0, 0.0, 0.0))
    assert view._shown == [1.0, 0.0, 0.0]
    view.motion = True
    view.hide()
    view.set_answer(NAMES, (0.0, 1.0, 0.0))
    assert view._shown == [0.0, 1.0, 0.0]
    assert view._glide.state() == QAbstractAnimation.State.Stopped


def test_another_network_with_other_classes_starts_anew(view, qtbot) -> None:
    view.set_answer(NAMES, (1.0, 0.0, 0.0))
    view.set_answer(("a", "b"), (0.25, 0.75))
    assert properties(view) == ("b", 0.75, [0.25, 0.75])
    qtbot.waitUntil(lambda: view._shown == pytest.approx([0.25, 0.75]), timeout=30_000)
    view.grab()


def test_only_another_answer_is_said(view) -> None:
    answers = []
    view.answer_changed.connect(lambda: answers.append(view.label))
    view.set_answer(NAMES, (0.6, 0.4, 0.0))
    view.set_answer(NAMES, (0.7, 0.3, 0.0))
    view.set_answer(NAMES, (0.3, 0.7, 0.0))
    view.set_answer(NAMES, ())
    assert answers == ["cat", "dog", ""]


def test_screen_readers_hear_the_answer(view) -> None:
    view.set_answer(NAMES, (0.1, 0.8, 0.1))
    assert view.accessibleName() == "Answer: dog"
    view.set_answer(NAMES, ())
    assert view.accessibleName() == "Answer: none"


@pytest.mark.parametrize("size", [(220, 280), (400, 500), (900, 300), (30, 30)])
@pytest.mark.parametrize("names", [
    ("a class with a name that is far too long for any window " * 3, "short"),
    tuple(f"class {number}" for number in range(100)), ("only",), ("日本語", "Ærøskøbing"),
], ids=["long", "many", "one", "other scripts"])  # fmt: skip
def test_any_names_are_painted_in_peace(view, names, size) -> None:
    view.setMinimumSize(1, 1)
    view.resize(*size)
    view.motion = False
    view.set_answer(names, [1 / len(names)] * len(names))
    view.grab()
    assert view.property("label") == names[0]


def test_the_bar_of_the_answer_is_as_long_as_it_is_likely_and_in_the_accent(view) -> None:
    def accents() -> int:
        image = view.grab().toImage()
        wanted = QColor(theme.tokens().accent)
        return sum(image.pixelColor(x, y) == wanted for y in range(image.height()) for x in range(image.width()))

    view.motion = False
    view.set_answer(NAMES, (1.0, 0.0, 0.0))
    whole = accents()
    view.set_answer(NAMES, (0.5, 0.25, 0.25))
    assert accents() == pytest.approx(whole / 2, rel=0.1)


def test_the_bars_of_long_names_lie_below_them_and_stay_long(view) -> None:
    def longest_accent() -> int:
        image = view.grab().toImage()
        wanted = QColor(theme.tokens().accent)
        return max(sum(image.pixelColor(x, y) == wanted for x in range(image.width())) for y in range(image.height()))

    view.motion = False
    view.resize(210, 560)
    names = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    view.set_answer(names, [1.0] + [0.0] * 9)
    assert longest_accent() > 0.9 * 210
    view.set_answer(tuple("0123456789"), [1.0] + [0.0] * 9)
    assert 0.4 * 210 < longest_accent() < 0.8 * 210


def test_of_many_classes_the_likeliest_have_bars(view) -> None:
    names = tuple(f"class {number}" for number in range(47))
    shares = [0.0] * 47
    shares[40], shares[3] = 0.7, 0.3
    view.set_answer(names, shares)
    rows = view._rows(300)
    assert rows[:2] == [40, 3]
    assert 10 <= len(rows) <= 300 / 17
    assert not view.grab().isNull()
    # All of them where there is room, in their order; and ten digits always.
    assert view._rows(2000) == list(range(47))
    view.set_answer(tuple("0123456789"), [0.1] * 10)
    assert view._rows(50) == list(range(10))


def test_probabilities_that_are_no_numbers_are_borne(view) -> None:
    view.set_answer(NAMES, (math.nan, math.nan, math.nan))
    view.grab()
    assert view.property("label") in NAMES


def test_a_doubted_answer_keeps_its_label_and_says_that_it_is_not_known(view) -> None:
    view.set_answer(NAMES, (0.2, 0.5, 0.3))
    sure = view.grab().toImage()
    view.set_answer(NAMES, (0.2, 0.5, 0.3), [Verdict("dog", 0.5, is_known=False)])
    assert properties(view)[:2] == ("dog", 0.5)
    assert view.property("is_known") is False
    assert "I don't know" in view.accessibleName()
    assert view.grab().toImage() != sure


def test_what_becomes_doubtful_is_told_even_if_the_label_stays(view, qtbot) -> None:
    view.set_answer(NAMES, (0.2, 0.5, 0.3), [Verdict("dog", 0.5)])
    with qtbot.waitSignal(view.answer_changed, timeout=1000):
        view.set_answer(NAMES, (0.2, 0.5, 0.3), [Verdict("dog", 0.5, is_known=False)])
    assert view.property("is_known") is False


def test_several_digits_are_one_number_with_the_chance_that_all_are_right(view) -> None:
    view.set_answer(NAMES, (0.2, 0.5, 0.3), [Verdict("4", 0.5), Verdict("2", 0.5)], 1)
    assert properties(view) == ("42", 0.25, [0.2, 0.5, 0.3])
    assert view.property("is_known") is True


def test_the_bars_of_another_digit_are_asked_for_with_mouse_and_keys(view, qtbot) -> None:
    view.set_answer(NAMES, (0.2, 0.5, 0.3), [Verdict("4", 0.5), Verdict("2", 0.5), Verdict("7", 0.5)], 1)
    view.grab()
    chosen: list[int] = []
    view.part_chosen.connect(chosen.append)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view._places[2].center().toPoint())
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert chosen == [2, 0, 2]


def test_a_single_digit_is_no_number_to_choose_from(view, qtbot) -> None:
    view.set_answer(NAMES, (0.2, 0.5, 0.3))
    view.grab()
    chosen: list[int] = []
    view.part_chosen.connect(chosen.append)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view._places[0].center().toPoint())
    assert not chosen
    assert view.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_a_space_stands_between_the_lines_of_a_page(view: PredictionView) -> None:
    verdicts = [Verdict("dog", 0.9), Verdict("cat", 0.9), Verdict("dog", 0.9, line=1)]
    view.set_answer(NAMES, (0.2, 0.5, 0.3), verdicts, 1)
    view.grab()
    assert view.property("label") == "dogcat dog"
    first, second, third = view._places
    assert second.left() == first.right()
    assert third.left() > second.right()
