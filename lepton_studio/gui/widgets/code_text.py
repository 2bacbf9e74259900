"""Python code to be read: coloured, with the lines of the chosen thing marked."""

from __future__ import annotations

import re

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from lepton_studio.gui import theme

Lines = tuple[int, int]
"""The first and the last of some lines, counted from 1."""

# How much of the text's own colour is in each: enough for 4.5:1 on the ground of marked lines, too.
SHARE_OF_TEXT = 0.3
BAR_WIDTH = 3
# How much of the empty room before a line stays in sight.
INDENT = 2
ROLES = {"keyword": "accent", "text": "good", "comment": "second_text", "number": "warning", "name": "test"}

TOKENS = re.compile(
    r"(?P<comment>#.*)"
    r"|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<keyword>\b(?:and|as|assert|break|class|continue|def|del|elif|else|except|False|finally|for|from|if|import|in"
    r"|is|lambda|None|not|or|pass|raise|return|self|True|try|while|with|yield)\b)"
    r"|(?P<number>\b\d[\d_.]*(?:e[-+]?\d+)?\b)"
)
NAMED = re.compile(r"\b(?:class|def)\s+(\w+)")
TRIPLE = '"""'
OUTSIDE, IN_TEXT = 0, 1


def code_colour(kind: str) -> QColor:
    """The colour of keywords, texts, comments, numbers or the names of what is defined."""
    tokens = theme.tokens()
    role, text = QColor(getattr(tokens, ROLES[kind])), QColor(tokens.text)
    own, other = 1 - SHARE_OF_TEXT, SHARE_OF_TEXT
    return QColor(
        round(role.red() * own + text.red() * other),
        round(role.green() * own + text.green() * other),
        round(role.blue() * own + text.blue() * other),
    )


class PythonHighlighter(QSyntaxHighlighter):
    """Colours Python; knows no more of it than a reader needs."""

    def __init__(self, document: QTextDocument) -> None:
        """Colours the document as it is now and as it changes."""
        super().__init__(document)
        self._formats = {}
        for kind in ROLES:
            made = QTextCharFormat()
            made.setForeground(code_colour(kind))
            self._formats[kind] = made

    def highlightBlock(self, text: str) -> None:
        """Colours one line; Qt asks for it."""
        start = 0
        self.setCurrentBlockState(OUTSIDE)
        if self.previousBlockState() == IN_TEXT:
            start = self._long_text(text, 0, 0)
        while start < len(text):
            opening = text.find(TRIPLE, start)
            for token in TOKENS.finditer(text, start):
                if opening >= 0 and token.start() >= opening:
                    break
                self.setFormat(token.start(), token.end() - token.start(), self._formats[token.lastgroup or "text"])
                if token.lastgroup == "comment":
                    opening = -1
            for found in NAMED.finditer(text, start, opening if opening >= 0 else len(text)):
                self.setFormat(found.start(1), len(found[1]), self._formats["name"])
            if opening < 0:
                return
            start = self._long_text(text, opening, opening + len(TRIPLE))

    def _long_text(self, text: str, start: int, search: int) -> int:
        """Colours a text of several lines to its end, and returns where that is."""
        end = text.find(TRIPLE, search)
        if end < 0:
            self.setCurrentBlockState(IN_TEXT)
            end = len(text)
        else:
            end += len(TRIPLE)
        self.setFormat(start, end - start, self._formats["text"])
        return end


class CodeText(QPlainTextEdit):
    """Code that can be read, selected and copied, not changed.

    Signals:
        line_chosen: a line was clicked, or Enter pressed in it; counted from 1.
    """

    line_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        # Where each line begins says what it belongs to, so lines are not broken.
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(theme.px(theme.SMALL_PIXELS))
        self.setFont(font)
        self.document().setDocumentMargin(theme.GAP_SMALL)
        self._marked: tuple[Lines, ...] = ()
        self._highlighter = PythonHighlighter(self.document())

    @property
    def marked(self) -> tuple[Lines, ...]:
        """The lines that are marked now."""
        return self._marked

    def show_code(self, text: str) -> None:
        """Shows other code; what was looked at stays in sight if it is as long."""
        if text == self.toPlainText():
            return
        down, right = self.verticalScrollBar().value(), self.horizontalScrollBar().value()
        self._marked = ()
        self.setPlainText(text)
        self.verticalScrollBar().setValue(down)
        self.horizontalScrollBar().setValue(right)

    def mark(self, marked: tuple[Lines, ...], in_sight: Lines | None = None) -> None:
        """Marks lines, and brings some of them into sight."""
        self._marked = marked
        selections = []
        for first, last in marked:
            selection = QTextEdit.ExtraSelection()
            selection.format.setBackground(QColor(theme.tokens().raised))
            selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            for line in range(first, last + 1):
                one = QTextEdit.ExtraSelection()
                one.format = selection.format
                one.cursor = self._cursor(line)
                selections.append(one)
        self.setExtraSelections(selections)
        self.viewport().update()
        if in_sight is not None:
            self._bring_into_sight(in_sight)

    def _cursor(self, line: int) -> QTextCursor:
        return QTextCursor(self.document().findBlockByNumber(line - 1))

    def _bring_into_sight(self, lines: Lines) -> None:
        """Scrolls if they are out of sight; of what is taller than the room the begin is shown."""
        height = self.viewport().height() // max(1, self.fontMetrics().lineSpacing())
        top = self.firstVisibleBlock().blockNumber() + 1
        first, last = lines
        if first < top or last >= top + height - 1:
            is_taller = last - first >= height * 2 // 3
            # With some lines around it, which say where it is.
            self.verticalScrollBar().setValue(max(0, first - (2 if is_taller else 1 + height // 3)))
        texts = [
            self.document().findBlockByNumber(line - 1).text() for line in range(first, min(last, first + height) + 1)
        ]
        one = self.fontMetrics().horizontalAdvance(" ")
        is_room = max(map(len, texts)) * one + 2 * theme.GAP_SMALL <= self.viewport().width()
        # In a narrow column the empty room before a layer is no use.
        before = len(texts[0]) - len(texts[0].lstrip())
        self.horizontalScrollBar().setValue(0 if is_room else max(0, (before - INDENT) * one))

    # --- Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar beside the marked lines, because a paler ground is not seen by everybody."""
        super().paintEvent(event)
        if not self._marked:
            return
        painter = QPainter(self.viewport())
        for first, last in self._marked:
            top = self.cursorRect(self._cursor(first)).top()
            bottom = self.cursorRect(self._cursor(last)).bottom()
            painter.fillRect(QRect(0, top, theme.px(BAR_WIDTH), bottom - top + 1), QColor(theme.tokens().accent))
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        # Who selects text wants to copy it.
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.line_chosen.emit(self.cursorForPosition(event.position().toPoint()).blockNumber() + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.line_chosen.emit(self.textCursor().blockNumber() + 1)
        else:
            super().keyPressEvent(event)
