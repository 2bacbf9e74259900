"""Names with their figures, one below the other, as narrow as they must be."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.gui import theme

# What stands where nothing is known.
UNKNOWN = "–"
ICONS = {"good": "check", "bad": "warning", "warning": "warning"}


class FigureRows(QWidget):
    """Names at the left, figures of equal width at the right; a row may have a verdict below it, in words and shape."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without rows."""
        super().__init__(parent)
        # Not a grid: one long figure shall not narrow the names of all others.
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.GRID)
        self._lines: dict[str, QWidget] = {}
        self._names: dict[str, QLabel] = {}
        self._values: dict[str, QLabel] = {}
        self._verdicts: dict[str, tuple[QWidget, QLabel, QLabel]] = {}

    def add_row(self, key: str, name: str, tip: str = "") -> None:
        """Adds a row at the end, by whose key it is known."""
        label = QLabel(name, wordWrap=True)
        label.setProperty("role", "second")
        value = QLabel(UNKNOWN)
        value.setObjectName(f"figure_{key}")
        value.setFont(theme.font_of(theme.BODY_PIXELS))
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        line = self._lines[key] = QWidget(self)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(label, 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(value)
        self._layout.addWidget(line)
        self._names[key], self._values[key] = label, value
        self.explain(key, tip)

    def rename(self, key: str, name: str) -> None:
        """Gives a row another name."""
        self._names[key].setText(name)

    def explain(self, key: str, tip: str) -> None:
        """Gives a row another tooltip."""
        for each in (self._names[key], self._values[key]):
            each.setToolTip(tip)

    def show_value(self, key: str, text: str) -> None:
        """Shows a figure; nothing means that it is not known."""
        self._values[key].setText(text or UNKNOWN)
        self._values[key].setAccessibleName(f"{self._names[key].text()}: {text or UNKNOWN}")

    def show_verdict(self, key: str, role: str, text: str) -> None:
        """Says below a row, at its right, what is to be thought of it; nothing takes that away."""
        if key not in self._verdicts:
            if not text:
                return
            self._verdicts[key] = self._made_verdict(key)
        line, picture, words = self._verdicts[key]
        line.setVisible(bool(text))
        if text:
            side = theme.px(16)
            picture.setPixmap(theme.icon(ICONS[role], role).pixmap(side, side))
            words.setText(text)
            words.setProperty("role", role)
            # A style sheet is asked anew only when it is told to.
            words.style().polish(words)

    def set_row_visible(self, key: str, visible: bool) -> None:
        """Shows or hides a row."""
        self._lines[key].setVisible(visible)

    def value(self, key: str) -> str:
        """What stands in a row."""
        return self._values[key].text()

    def tip(self, key: str) -> str:
        """What a row says under the mouse."""
        return self._names[key].toolTip()

    def verdict(self, key: str) -> str:
        """What is said below a row; empty if nothing."""
        if key not in self._verdicts or self._verdicts[key][0].isHidden():
            return ""
        return self._verdicts[key][2].text()

    def _made_verdict(self, key: str) -> tuple[QWidget, QLabel, QLabel]:
        line, picture, words = QWidget(self), QLabel(), QLabel(wordWrap=True)
        words.setObjectName(f"verdict_{key}")
        words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)
        self._layout.insertWidget(self._layout.indexOf(self._lines[key]) + 1, line)
        return line, picture, words
