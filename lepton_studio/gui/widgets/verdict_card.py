"""One sentence that sums up what is shown below it, with a mark that says the same without words."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from lepton_studio.gui import theme

ICON_SIDE = 18


class VerdictCard(QFrame):
    """A card with an icon and a sentence."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Says nothing yet; ``name`` is the object name of the sentence."""
        super().__init__(parent)
        self.setProperty("card", True)
        self._mark = QLabel()
        # It names what people named, which is no markup.
        self.label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.label.setObjectName(name)
        self.label.setFont(theme.font_of(theme.BODY_PIXELS + 1, semibold=True))
        self._said: tuple[str, str, str] = ("", "", "")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL)
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.label, 1)

    @property
    def text(self) -> str:
        """What it says."""
        return self.label.text()

    def say(
        self,
        text: str,
        icon: Literal["check", "info", "warning"] = "info",
        role: Literal["good", "second_text", "warning"] = "second_text",
    ) -> None:
        """Says a sentence; the same again costs nothing."""
        if (text, icon, role) != self._said:
            self._said = (text, icon, role)
            self.label.setText(text)
            side = theme.px(ICON_SIDE)
            self._mark.setPixmap(theme.icon(icon, role).pixmap(side, side))
