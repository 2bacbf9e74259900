"""Code is coloured so that it can be read in both themes, and its lines can be marked and chosen."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QTextCursor
from PySide6.QtWidgets import QApplication

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.code_text import ROLES, CodeText, code_colour

CODE = '''"""A text
of two lines."""

import torch  # why "not"

class Net:
    """One."""  # after

    name = "it's # no comment"
    size = 64 * 4
    def forward(self):
        return self.x1 + 1e-5
'''


@pytest.fixture
def code(qtbot: Any) -> CodeText:
    code = CodeText()
    qtbot.addWidget(code)
    code.resize(500, 120)
    code.show_code(CODE)
    code.show()
    qtbot.waitExposed(code)
    return code


def coloured(code: CodeText, line: int) -> list[tuple[str, str]]:
    """The parts of a line that have a colour, with what they are taken for."""
    kinds = {code_colour(kind).name(): kind for kind in ROLES}
    block = code.document().findBlockByNumber(line - 1)
    return [
        (block.text()[part.start : part.start + part.length], kinds[part.format.foreground().color().name()])
        for part in block.layout().formats()
    ]


def test_keywords_texts_comments_numbers_and_names_have_colours(code: CodeText) -> None:
    assert coloured(code, 1) == [('"""A text', "text")]
    assert coloured(code, 2) == [('of two lines."""', "text")]
    assert coloured(code, 4) == [("import", "keyword"), ('# why "not"', "comment")]
    assert coloured(code, 6) == [("class", "keyword"), ("Net", "name")]
    assert coloured(code, 7) == [('"""One."""', "text"), ("# after", "comment")]
    assert coloured(code, 9) == [('"it\'s # no comment"', "text")]
    assert coloured(code, 10) == [("64", "number"), ("4", "number")]
    assert coloured(code, 11) == [("def", "keyword"), ("forward", "name"), ("self", "keyword")]
    assert coloured(code, 12) == [("return", "keyword"), ("self", "keyword"), ("1e-5", "number")]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_colour_can_be_read_on_marked_lines_too(qapp: QApplication, name: str) -> None:
    theme.apply_theme(qapp, name, 1.0)
    for kind in ROLES:
        for ground in (theme.tokens().surface, theme.tokens().raised):
            assert contrast(code_colour(kind), QColor(ground)) >= 4.5, (kind, ground)


def contrast(one: QColor, other: QColor) -> float:
    def luminance(colour: QColor) -> float:
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_marked_lines_have_a_bar_and_come_into_sight(code: CodeText, qtbot: Any) -> None:
    code.resize(500, 60)
    code.mark(((11, 12),), (11, 12))
    assert code.marked == ((11, 12),)
    picture = code.viewport().grab().toImage()
    ratio = picture.devicePixelRatio()
    bar = QColor(theme.tokens().accent)
    column = [picture.pixelColor(round(ratio), y) for y in range(picture.height())]
    assert bar in column
    code.mark(())
    picture = code.viewport().grab().toImage()
    assert bar not in [picture.pixelColor(round(ratio), y) for y in range(picture.height())]


def test_a_click_chooses_its_line_and_a_selection_does_not(code: CodeText, qtbot: Any) -> None:
    chosen: list[int] = []
    code.line_chosen.connect(chosen.append)
    at = code.cursorRect(QTextCursor(code.document().findBlockByNumber(3))).center()
    qtbot.mouseClick(code.viewport(), Qt.MouseButton.LeftButton, pos=at + QPoint(3, 0))
    assert chosen == [4]
    qtbot.mouseDClick(code.viewport(), Qt.MouseButton.LeftButton, pos=at + QPoint(3, 0))
    assert code.textCursor().selectedText() == "import"
    assert chosen[1:] in ([], [4])


def test_enter_chooses_the_line_of_the_cursor_and_tab_goes_on(code: CodeText, qtbot: Any) -> None:
    chosen: list[int] = []
    code.line_chosen.connect(chosen.append)
    code.setFocus()
    for _ in range(5):
        qtbot.keyClick(code, Qt.Key.Key_Down)
    qtbot.keyClick(code, Qt.Key.Key_Return)
    assert chosen == [6]
    assert code.tabChangesFocus()


def test_typing_changes_nothing_and_other_code_takes_the_marks_away(code: CodeText, qtbot: Any) -> None:
    code.mark(((1, 2),))
    code.setFocus()
    qtbot.keyClicks(code, "abc")
    qtbot.keyClick(code, Qt.Key.Key_Delete)
    assert code.toPlainText() == CODE
    code.show_code("x = 1\n")
    assert (code.toPlainText(), code.marked) == ("x = 1\n", ())


def test_in_a_narrow_column_a_marked_line_begins_at_the_left(code: CodeText) -> None:
    code.show_code("\n".join(["first"] + [" " * 40 + f"nn.Linear({number}, 10)," for number in range(50)]))
    code.resize(200, 200)
    code.mark(((30, 31),), (30, 31))
    left = code.cursorRect(QTextCursor(code.document().findBlockByNumber(29))).left()
    indent = 40 * code.fontMetrics().horizontalAdvance(" ")
    assert 0 <= left + indent < 60
    code.resize(900, 200)
    code.mark(((30, 31),), (30, 31))
    assert code.horizontalScrollBar().value() == 0
