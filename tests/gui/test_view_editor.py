"""The dialog that makes views: what it counts is what is made, with the keyboard alone, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from lepton_studio.engine import Dataset, LeptonError, Progress, Samples, View, save_view, saved_views
from lepton_studio.engine.dataset import load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.gui import view_editor
from lepton_studio.gui.session import Session
from lepton_studio.gui.view_counting import MemberLoaded, ViewCounted, count_view, without_pictures
from lepton_studio.gui.view_editor import ViewEditor
from lepton_studio.gui.widgets.class_changes import ClassChanges

PATIENCE = 60_000
FIRST, COUNT, BECOMES = range(3)


@pytest.fixture
def editor(ready_session: Session, qtbot: Any) -> Iterator[ViewEditor]:
    save_view(View("Few", (BundledDigits(),), per_class=9))
    made = ViewEditor(ready_session)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.made = []  # type: ignore[attr-defined]
    made.view_made.connect(made.made.append)  # type: ignore[attr-defined]
    made.show()
    qtbot.waitExposed(made)
    counted(made, qtbot)
    yield made
    made.reject()
    made.deleteLater()


def counted(editor: ViewEditor, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not editor.is_busy and not editor.runner.isRunning(), timeout=PATIENCE)


def tick(editor: ViewEditor, label: str) -> None:
    """Ticks a dataset as the space bar does."""
    row = next(row for row in range(editor.members.count()) if editor.members.item(row).text() == label)
    editor.members.setFocus()
    editor.members.setCurrentRow(row)
    QTest.keyClick(editor.members, Qt.Key.Key_Space)


def rename(editor: ViewEditor, row: int, name: str) -> None:
    table = editor.classes
    table.setFocus()
    table.setCurrentCell(row, BECOMES)
    QTest.keyClick(table, Qt.Key.Key_F2)
    line = QApplication.focusWidget()
    assert isinstance(line, QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, name)
    QTest.keyClick(line, Qt.Key.Key_Return)
    QApplication.processEvents()


def test_a_view_is_made_with_the_keyboard_and_is_what_was_counted(editor: ViewEditor, qtbot: Any) -> None:
    assert not editor.make_button.isEnabled()
    assert "Nothing is changed yet" in editor.preview.text()
    assert "5\u202f000 pictures in 10 classes: 3\u202f600 to train, 400 for validation, 1\u202f000 for the test" in (
        editor.preview.text()
    )
    tick(editor, "Few")
    counted(editor, qtbot)
    # Fewer of each class, but all those for the test.
    assert editor.classes.item(0, COUNT).text() == str(500 + 109)
    rename(editor, 3, "curl")
    rename(editor, 6, " curl ")
    editor.classes.setCurrentCell(9, FIRST)
    QTest.keyClick(editor.classes, Qt.Key.Key_Space)
    number: Any = editor.findChild(type(editor.form.editor("per_class")), "view_per_class")
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "40")
    QTest.keyClick(number, Qt.Key.Key_Tab)
    editor.name.setFocus()
    QTest.keyClicks(editor.name, "Curly")
    counted(editor, qtbot)
    assert editor.classes.changes() == {"3": "curl", "6": "curl", "9": ""}
    assert "2\u202f120 pictures in 8 classes: 288 to train, 32 for validation, 1\u202f800 for the test" in (
        editor.preview.text()
    )
    QTest.keyClick(editor.name, Qt.Key.Key_Return)
    [view] = editor.made  # type: ignore[attr-defined]
    assert not editor.isVisible()
    assert view == saved_views()["Curly"]
    samples = load_samples(view)
    assert len(samples) == 2120
    assert samples.class_names == ("0", "1", "2", "curl", "4", "5", "7", "8")
    assert np.bincount(samples.labels[~samples.is_test]).tolist() == [40] * 8


def test_a_part_is_counted_and_the_other_settings_are_greyed_out_while_of_no_use(
    editor: ViewEditor, qtbot: Any
) -> None:
    assert not editor.form.editor("share").isEnabled()
    assert not editor.form.editor("seed").isEnabled()
    part: Any = editor.form.editor("part")
    part.setFocus()
    QTest.keyClick(part, Qt.Key.Key_Down)
    assert editor.form.editor("share").isEnabled()
    assert editor.form.editor("seed").isEnabled()
    counted(editor, qtbot)
    assert editor.preview.text().startswith("2\u202f500 pictures in 10 classes")
    QTest.mouseClick(editor.make_button, Qt.MouseButton.LeftButton)
    [view] = editor.made  # type: ignore[attr-defined]
    assert (view.part, view.name) == ("first", "Bundled digits")


def test_a_view_without_anything_is_told_in_a_line_and_not_made(editor: ViewEditor, qtbot: Any) -> None:
    for row in range(10):
        editor.classes.setCurrentCell(row, FIRST)
        QTest.keyClick(editor.classes, Qt.Key.Key_Space)
    counted(editor, qtbot)
    assert "Nothing is left" in editor.message.text
    assert not editor.make_button.isEnabled()
    QTest.keyClick(editor.classes, Qt.Key.Key_Space)
    counted(editor, qtbot)
    assert editor.message.text == ""
    assert editor.make_button.isEnabled()


def test_a_dataset_that_is_not_here_cannot_be_ticked_and_the_first_one_stays(editor: ViewEditor, qtbot: Any) -> None:
    tick(editor, "MNIST (not here)")
    tick(editor, "Bundled digits")
    counted(editor, qtbot)
    assert editor.view().members == (BundledDigits(),)
    box = editor.members.visualItemRect(editor.members.item(0)).topLeft() + QPoint(8, 8)
    QTest.mouseClick(editor.members.viewport(), Qt.MouseButton.LeftButton, pos=box)
    assert editor.view().members == (BundledDigits(),)


def test_a_disk_that_refuses_is_told_and_the_dialog_stays(editor: ViewEditor, qtbot: Any, monkeypatch: Any) -> None:
    def refuse(_: View) -> View:
        raise LeptonError("The disk is full.", "Free some space.")

    rename(editor, 0, "nought")
    counted(editor, qtbot)
    monkeypatch.setattr(view_editor, "save_view", refuse)
    QTest.mouseClick(editor.make_button, Qt.MouseButton.LeftButton)
    assert "The disk is full. Free some space." in editor.message.text
    assert editor.isVisible()
    assert editor.made == []  # type: ignore[attr-defined]


def test_escape_makes_nothing_and_ends_the_counting(editor: ViewEditor) -> None:
    rename(editor, 0, "nought")
    editor.name.setFocus()
    QTest.keyClick(editor.name, Qt.Key.Key_Escape)
    assert not editor.isVisible()
    assert not editor.runner.isRunning()
    assert tuple(saved_views()) == ("Few",)


def test_an_edit_while_a_dataset_loads_is_the_one_that_counts(editor: ViewEditor, qtbot: Any, monkeypatch: Any) -> None:
    import threading

    may_go = threading.Event()
    load = View.load

    def slow(self: View, labels: object = None) -> Iterator[Progress | Samples]:
        yield Progress("Waiting")
        assert may_go.wait(30)
        yield from load(self, labels)  # type: ignore[arg-type]

    monkeypatch.setattr(View, "load", slow)
    tick(editor, "Few")
    qtbot.waitUntil(lambda: "Waiting" in editor.preview.text(), timeout=PATIENCE)
    assert not editor.make_button.isEnabled()
    editor.form.editor("per_class").setValue(7)  # type: ignore[attr-defined]
    may_go.set()
    counted(editor, qtbot)
    assert editor.preview.text().startswith("2\u202f070 pictures")


# --- counting, and the table


def test_counting_loads_what_is_not_known_and_keeps_no_pictures(tiny_samples: Samples, tiny_experiment: Any) -> None:
    whole = load_samples(BundledDigits())
    light = without_pictures(whole)
    assert light.images.shape == whole.images.shape
    assert light.images.strides == (0, 0, 0, 0)
    view = View(members=(BundledDigits(),), per_class=10)
    events = list(count_view(view, tiny_experiment, {}))
    assert any(isinstance(event, MemberLoaded) for event in events)
    known: dict[Dataset, Samples] = {BundledDigits(): light}
    [found] = count_view(view, tiny_experiment, known)
    assert found == events[-1]
    assert isinstance(found, ViewCounted)
    assert (found.pictures, found.classes, found.splits) == (1100, 10, {"train": 80, "validation": 20, "test": 1000})


def test_names_that_were_given_come_back_with_their_class(qtbot: Any) -> None:
    table = ClassChanges()
    qtbot.addWidget(table)
    table.show_classes({"cat": 3, "dog": 4})
    table.item(1, BECOMES).setText("pet")
    table.item(0, FIRST).setCheckState(Qt.CheckState.Unchecked)
    assert table.changes() == {"cat": "", "dog": "pet"}
    table.show_classes({"emu": 1})
    assert table.changes() == {}
    table.show_classes({"emu": 1, "dog": 4, "cat": 3})
    assert table.changes() == {"dog": "pet", "cat": ""}
    table.item(2, FIRST).setCheckState(Qt.CheckState.Checked)
    table.item(1, BECOMES).setText("  ")
    assert table.changes() == {}
    assert table.item(1, BECOMES).text() == "dog"


def test_what_is_being_typed_stays_while_the_table_is_shown_anew(qtbot: Any) -> None:
    table = ClassChanges()
    qtbot.addWidget(table)
    table.show()
    table.show_classes({"cat": 3, "dog": 4})
    table.setCurrentCell(0, BECOMES)
    table.edit(table.currentIndex())
    line = table.findChild(QLineEdit)
    assert line is not None
    line.setText("kit")
    table.show_classes({"cat": 30, "dog": 4, "emu": 1})
    assert line.text() == "kit"
    QTest.keyClick(line, Qt.Key.Key_Return)
    # The table takes it when the key has been handled.
    QApplication.processEvents()
    assert table.changes() == {"cat": "kit"}
