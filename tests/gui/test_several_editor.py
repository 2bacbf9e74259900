"""Several specs that are switched on and off: order, two of one kind, and one unfolded at a time."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from lepton_studio.engine import AUGMENTATIONS, Hyperparameters
from lepton_studio.gui.widgets.form import Form
from lepton_studio.gui.widgets.number_edit import NumberEdit
from lepton_studio.gui.widgets.several_editor import SeveralEditor

Affine, Noise, Blur, Flip = (AUGMENTATIONS[name] for name in ("affine", "noise", "blur", "flip"))


class Shown:
    """A form with one editor of several augmentations, and what it says."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.said: list[tuple[Any, str]] = []
        form.value_edited.connect(lambda value, text: self.said.append((value.augmentations, text)))

    @property
    def editor(self) -> SeveralEditor:
        return self.form.editor("augmentations")  # type: ignore[return-value]

    @property
    def names(self) -> list[str]:
        return [row.name for row in self.editor._rows]

    def row(self, name: str) -> Any:
        return next(row for row in self.editor._rows if row.name == name)

    def switch(self, name: str) -> None:
        switch = self.row(name).switch
        QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(8, switch.height() // 2))

    def number(self, name: str, field: str) -> NumberEdit:
        return self.row(name).form.findChild(NumberEdit, f"field_{field}")  # type: ignore[no-any-return]

    def unfolded(self) -> list[str]:
        return [row.name for row in self.editor._rows if row.form.isVisible()]

    def on(self) -> list[str]:
        return [row.name for row in self.editor._rows if row.switch.isChecked()]


@pytest.fixture
def show(qtbot):
    def shown(*augmentations: Any) -> Shown:
        form = Form(Hyperparameters(augmentations=augmentations), only=("augmentations",))
        qtbot.addWidget(form)
        form.show()
        qtbot.waitExposed(form)
        return Shown(form)

    return shown


def test_there_is_a_row_with_a_name_and_an_explanation_for_each_kind(show) -> None:
    shown = show()
    kinds = AUGMENTATIONS.classes.values()
    assert sorted(shown.names) == sorted(kind.title for kind in kinds)
    for kind in kinds:
        assert shown.row(kind.title).switch.toolTip() == kind.summary()
    assert shown.on() == []


def test_rows_stand_in_the_order_in_which_the_kinds_are_best_applied(show) -> None:
    ranks = [row.choice.rank for row in show().editor._rows]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


def test_what_is_switched_on_takes_its_place_in_the_row(show) -> None:
    shown = show()
    for name in (Noise.title, Affine.title, Blur.title):
        shown.switch(name)
    assert shown.said[-1] == ((Affine(), Blur(), Noise()), f"Switch {Blur.title}")
    shown.switch(Blur.title)
    assert shown.said[-1][0] == (Affine(), Noise())


def test_the_order_of_a_file_is_kept_when_one_of_them_is_edited(show) -> None:
    shown = show(Noise(), Affine(), Blur())
    shown.number(Affine.title, "turn").setValue(3)
    assert shown.said == [((Noise(), Affine(turn=3), Blur()), "Change turn")]


def test_two_of_one_kind_have_a_row_each_and_stay_two(show) -> None:
    shown = show(Affine(turn=1), Noise(), Affine(turn=2))
    second = f"{Affine.title} (2)"
    assert shown.names[:2] == [Affine.title, second]
    assert shown.on() == [Affine.title, second, Noise.title]
    shown.number(Noise.title, "grain").setValue(5)
    assert shown.said[-1][0] == (Affine(turn=1), Noise(grain=5), Affine(turn=2))
    shown.number(second, "turn").setValue(7)
    # Named apart, so that undo does not take the edits of both for one.
    assert shown.said[-1] == ((Affine(turn=1), Noise(grain=5), Affine(turn=7)), "Change turn (2)")
    shown.switch(Affine.title)
    assert shown.said[-1][0] == (Noise(grain=5), Affine(turn=7))


def test_the_row_of_a_second_one_stays_while_it_is_switched_off_here_and_goes_with_another_value(show) -> None:
    shown = show(Affine(turn=1), Affine(turn=2))
    second = f"{Affine.title} (2)"
    shown.switch(second)
    assert shown.said[-1][0] == (Affine(turn=1),)
    # What was said comes back from the session.
    shown.form.show_value(shown.form.value)
    assert second in shown.names
    shown.switch(second)
    assert shown.said[-1][0] == (Affine(turn=1), Affine(turn=2))
    shown.form.show_value(Hyperparameters(augmentations=(Blur(),)))
    assert second not in shown.names
    assert shown.on() == [Blur.title]


def test_one_is_unfolded_at_a_time(show) -> None:
    shown = show(Affine())
    assert shown.unfolded() == [Affine.title]
    shown.switch(Noise.title)
    assert shown.unfolded() == [Noise.title]
    QTest.mouseClick(shown.row(Affine.title).fold, Qt.MouseButton.LeftButton)
    assert shown.unfolded() == [Affine.title]
    QTest.mouseClick(shown.row(Affine.title).fold, Qt.MouseButton.LeftButton)
    assert shown.unfolded() == []
    assert [len(said) for said, _ in shown.said] == [2], "folding is no edit"


def test_only_what_is_on_can_be_unfolded(show) -> None:
    shown = show(Affine())
    assert shown.row(Affine.title).fold.isVisible()
    assert not shown.row(Noise.title).fold.isVisible()
    shown.switch(Affine.title)
    assert shown.unfolded() == []
    assert not shown.row(Affine.title).fold.isVisible()


def test_another_value_from_outside_says_nothing_and_keeps_what_is_unfolded(show) -> None:
    shown = show(Affine(), Noise())
    QTest.mouseClick(shown.row(Noise.title).fold, Qt.MouseButton.LeftButton)
    shown.form.show_value(Hyperparameters(augmentations=(Affine(), Noise(grain=50))))
    assert shown.unfolded() == [Noise.title]
    assert shown.number(Noise.title, "grain").value() == 50
    shown.form.show_value(Hyperparameters(augmentations=()))
    assert shown.on() == shown.unfolded() == []
    assert shown.said == []


def test_the_slider_beside_a_number_changes_it_and_follows(show) -> None:
    shown = show(Affine())
    slider = shown.number(Affine.title, "turn").parentWidget().slider
    slider.setValue(80)
    assert shown.said[-1][0] == (Affine(turn=40),)
    shown.form.show_value(Hyperparameters(augmentations=(Affine(turn=90),)))
    assert slider.value() == 180
    assert len(shown.said) == 1
