"""The figures of a training's speed: what it costs, and what the window costs while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from lepton_studio.gui import theme


@dataclass(eq=False)
class Figure:
    """A quiet caption, the value below it, and the widest that the value was so far."""

    caption: QLabel
    value: QLabel
    widest: int = 0

    def say(self, text: str) -> bool:
        """Shows another value, none if it is empty; returns whether that takes another place."""
        before = self.value.text()
        # Most texts are the same thirty times a second, and to ask for sizes takes time from the training.
        if text == before:
            return False
        self.value.setText(text)
        width = max(self.caption.sizeHint().width(), self.value.sizeHint().width())
        wider = width > self.widest
        # Never narrower again: neighbours shall not jump with each digit.
        self.widest = max(self.widest, width)
        for label in (self.caption, self.value):
            label.setVisible(bool(text))
        return wider or bool(text) is not bool(before)


class PerformancePanel(QWidget):
    """Shows figures side by side, in as many rows as the width needs; those that are not known take no room.

    The values are called ``performance_<name>``. The panel places its labels itself: in a layout, each text that
    changes would lay out the whole page.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        """Makes all figures; none is shown before :meth:`show_figures`."""
        super().__init__(parent)
        self.setObjectName("performance_panel")
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._figures = {name: self._figure(name, *words) for name, words in self._words().items()}
        self._shown: list[Figure] = []
        self._is_one_row = False
        self.hide()

    def set_one_row(self, is_one_row: bool) -> None:
        """Shows the first figures only, as many as go side by side, where there is no height for more."""
        if is_one_row is not self._is_one_row:
            self._is_one_row = is_one_row
            self.updateGeometry()
            self._place()

    def show_figures(self, texts: Mapping[str, str]) -> None:
        """Shows these values with their units.

        Args:
            texts: the values by name: speed, left, gap, longest, memory, precision, threads, kernels. One that is
                empty or missing is hidden.
        """
        moved = [figure.say(texts.get(name, "")) for name, figure in self._figures.items()]
        if any(moved):
            self._shown = [figure for figure in self._figures.values() if figure.value.text()]
            self.setVisible(bool(self._shown))
            self.updateGeometry()
            self._place()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self._shown) // max(1, len(self._columns(width))))
        rows = min(rows, 1) if self._is_one_row else rows
        return max(0, rows * (self._row_height() + theme.GAP_SMALL) - theme.GAP_SMALL)

    def sizeHint(self) -> QSize:
        return QSize(0, self._row_height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _words(self) -> dict[str, tuple[str, str]]:
        """Caption and explanation of each figure, in their order."""
        return {
            "speed": (self.tr("Speed"), self.tr("How many pictures the network learns from in a second")),
            "left": (self.tr("Time left"), self.tr("How long the training will still take at this speed")),
            "gap": (
                self.tr("Window gap"),
                self.tr("99 of 100 waits between two ticks of a 10 ms clock in this window were no longer than this"),
            ),
            "longest": (
                self.tr("Longest gap"),
                self.tr(
                    "Longest wait between two ticks of a 10 ms clock in this window: "
                    "what you would feel as a stutter"
                ),
            ),
            "memory": (
                self.tr("Memory"),
                self.tr("Memory that the training holds: of the GPU, or of the whole program if the CPU trains"),
            ),
            "precision": (
                self.tr("Precision"),
                self.tr("How numbers are kept: float32 has 7 digits; bfloat16 has 3 and is faster on new hardware"),
            ),
            "threads": (self.tr("Threads"), self.tr("How many CPU threads share the work of each step")),
            "kernels": (self.tr("Kernels"), self.tr("Which code does the arithmetic of a step")),
        }  # fmt: skip

    def _figure(self, name: str, caption: str, tip: str) -> Figure:
        above, below = QLabel(caption, self), QLabel(self)
        above.setProperty("role", "second")
        above.setFont(theme.font_of(theme.SMALL_PIXELS))
        below.setFont(theme.font_of(theme.BODY_PIXELS))
        below.setObjectName(f"performance_{name}")
        below.setAccessibleName(caption)
        for label in (above, below):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setToolTip(tip)
            label.hide()
        return Figure(above, below)

    def _row_height(self) -> int:
        figure = self._shown[0] if self._shown else next(iter(self._figures.values()))
        return figure.caption.sizeHint().height() + figure.value.sizeHint().height()

    def _columns(self, width: int) -> list[int]:
        """The widths of the columns: as many as the width allows, then as few as the rows need."""
        count = len(self._shown)
        for columns in range(count, 0, -1):
            widths = [figure.widest for figure in self._shown[:columns]] if self._is_one_row else self._widths(columns)
            if sum(widths) + (columns - 1) * theme.GAP <= width:
                rows = -(-count // columns)
                return widths if self._is_one_row else self._widths(-(-count // rows))
        return self._widths(1)

    def _widths(self, columns: int) -> list[int]:
        return [max((figure.widest for figure in self._shown[at::columns]), default=0) for at in range(columns)]

    def _place(self) -> None:
        widths = self._columns(self.width())
        height = self._row_height() + theme.GAP_SMALL
        for number, figure in enumerate(self._shown):
            row, column = divmod(number, len(widths))
            for label in (figure.caption, figure.value):
                label.setVisible(row == 0 or not self._is_one_row)
            left, top = sum(widths[:column]) + column * theme.GAP, row * height
            first = figure.caption.sizeHint().height()
            figure.caption.setGeometry(left, top, widths[column], first)
            figure.value.setGeometry(left, top + first, widths[column], figure.value.sizeHint().height())
