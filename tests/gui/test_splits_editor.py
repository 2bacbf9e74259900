"""The form of the splits: its bar tells what it makes of the dataset, and every edit can be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QWidget

from lepton_studio.engine import SPLIT_NAMES, Samples, Splits, cut
from lepton_studio.gui.session import Session
from lepton_studio.gui.splits_editor import SplitsEditor


@pytest.fixture
def editor(ready_session: Session, qtbot: Any) -> SplitsEditor:
    made = SplitsEditor(ready_session)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def field(editor: SplitsEditor, name: str) -> Any:
    found = editor.findChild(QWidget, f"field_{name}")
    assert found is not None
    return found


def choose(editor: SplitsEditor, name: str, word: str) -> None:
    """As a person does with the keyboard."""
    box: QComboBox = field(editor, name)
    box.setFocus()
    key = Qt.Key.Key_Down if box.findData(word) > box.currentIndex() else Qt.Key.Key_Up
    QTest.keyClick(box, key)
    assert box.currentData() == word


def type_number(editor: SplitsEditor, name: str, text: str) -> None:
    box = field(editor, name)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def shown(editor: SplitsEditor) -> list[int]:
    return [part.count for part in editor.bar._parts]


def sizes(editor: SplitsEditor) -> list[int]:
    session = editor.session
    assert session.samples is not None
    found = cut(session.samples, session.experiment)
    return [len(found[name]) for name in SPLIT_NAMES]


def test_a_drawn_test_is_set_seen_and_undone(editor: SplitsEditor) -> None:
    assert shown(editor) == [3600, 400, 1000]
    assert not field(editor, "test_share").isEnabled()
    assert "of no use while the test is given" in editor.note.text()
    choose(editor, "test", "drawn")
    assert field(editor, "test_share").isEnabled()
    assert "test share" not in editor.note.text()
    type_number(editor, "test_share", "0.5")
    type_number(editor, "validation_share", "0.2")
    session = editor.session
    assert session.experiment.splits == Splits(test="drawn", test_share=0.5)
    assert session.experiment.hyperparameters.validation_share == 0.2
    assert shown(editor) == sizes(editor) == [2000, 500, 2500]
    assert editor.bar.texts()[0] == "Train 2\u202f000 (40.0 %)"
    for _ in range(3):
        session.undo_stack.undo()
    assert session.experiment.splits == Splits()
    assert shown(editor) == [3600, 400, 1000]
    assert not session.undo_stack.canUndo()
    session.undo_stack.redo()
    assert field(editor, "test").currentData() == "drawn"


def test_a_class_that_a_split_lacks_is_named(editor: SplitsEditor) -> None:
    samples = editor.session.samples
    assert samples is not None
    # Two pictures of the 3: one learned from, one for the test, and none to check the progress.
    labels = samples.labels
    kept = np.flatnonzero(labels != 3)
    threes = [np.flatnonzero((labels == 3) & (samples.is_test == is_test))[0] for is_test in (False, True)]
    show(editor, some(samples, np.sort(np.concatenate([kept, threes]))))
    assert editor.warning.text() == "Validation has no picture of 3."
    assert editor.warning.isVisible()
    show(editor, some(samples, kept))
    # A class without any picture is nobody's fault here.
    assert not editor.warning.isVisible()


@pytest.mark.parametrize(
    ("which", "text"),
    [(False, "No picture is for the test"), (True, "No picture is left to train on")],
)
def test_an_empty_split_is_told(editor: SplitsEditor, which: bool, text: str) -> None:
    samples = editor.session.samples
    assert samples is not None
    show(editor, replace(samples, is_test=np.full(len(samples), which)))
    assert text in editor.warning.text()
    choose(editor, "test", "drawn")
    assert not editor.warning.isVisible()


def test_given_validation_switches_off_what_draws_it(editor: SplitsEditor) -> None:
    samples = editor.session.samples
    assert samples is not None
    assert "Nobody set pictures aside for validation" in editor.note.text()
    show(editor, replace(samples, is_validation=np.arange(len(samples)) % 5 == 0))
    for name in ("test_share", "validation_share", "stratified", "seed"):
        assert not field(editor, name).isEnabled()
    assert "Nothing is drawn" in editor.note.text()
    choose(editor, "validation", "drawn")
    assert field(editor, "validation_share").isEnabled()
    assert field(editor, "seed").isEnabled()


def test_without_samples_there_is_an_empty_bar_and_the_form_still_edits(editor: SplitsEditor) -> None:
    show(editor, None)
    assert shown(editor) == []
    choose(editor, "test", "drawn")
    assert editor.session.experiment.splits.test == "drawn"


def test_a_hidden_form_cuts_nothing_and_shows_the_newest_when_it_comes(editor: SplitsEditor, monkeypatch: Any) -> None:
    editor.hide()
    session = editor.session
    calls = []
    monkeypatch.setattr("lepton_studio.gui.splits_editor.cut", lambda *given: calls.append(1) or cut(*given))
    session.edit("Draw", msgspec.structs.replace(session.experiment, splits=Splits(test="drawn", test_share=0.4)))
    assert calls == []
    editor.show()
    assert shown(editor) == sizes(editor)
    assert field(editor, "test").currentData() == "drawn"
    # What has nothing to do with the splits does not draw them anew.
    session.samples_changed.emit()
    assert calls == [1]


def some(samples: Samples, kept: Any) -> Samples:
    return Samples(samples.images[kept], samples.labels[kept], samples.class_names, samples.is_test[kept])


def show(editor: SplitsEditor, samples: Samples | None) -> None:
    editor.session.loader.samples = samples
    editor.session.samples_changed.emit()


def test_one_picture_is_not_told_to_raise_a_share(editor: SplitsEditor) -> None:
    samples = editor.session.samples
    assert samples is not None
    one = Samples(samples.images[:1], samples.labels[:1], samples.class_names, samples.is_test[:1] & False)
    editor.session.loader.replace(one)
    assert "So few pictures" in editor.warning.text()
