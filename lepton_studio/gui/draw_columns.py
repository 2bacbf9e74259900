"""The columns of the Draw page: the canvas, which is the largest, the answer, and what explains it."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from lepton_studio.gui import theme

# Designed pixels: how wide canvas, answer and explanations are at least, and the latter two at most. The explanations
# have seven tabs, whose words are not to be cut.
NARROWEST = (300, 236, 300)
WIDEST_ANSWER, WIDEST_SIDE = 340, 520
# Of the width that there is.
ANSWER_SHARE, SIDE_SHARE = 0.235, 0.326
# Of canvas and collecting.
COLLECTING_SHARE = 0.56


class DrawColumns(QSplitter):
    """Shares the room out until a person moves a handle; where it is short, answer and explanations take turns.

    Signals:
        is_short_changed: whether answer and explanations have room beside each other.
    """

    is_short_changed = Signal(bool)

    def __init__(self, canvas: QWidget, answer: QWidget, collecting: QWidget, side: QWidget) -> None:
        """``collecting`` takes the room of the other two while examples are collected."""
        super().__init__(Qt.Orientation.Horizontal)
        self._answer, self._collecting, self._side = answer, collecting, side
        self._is_collecting = self._is_explaining = self._is_short = self._is_by_hand = False
        # What a person chose, for when there is room for three again; empty while nobody moved a handle.
        self._chosen = QByteArray()
        self.setHandleWidth(theme.GAP)
        self.setChildrenCollapsible(False)
        for part, stretch in ((canvas, 10), (answer, 4), (collecting, 14), (side, 8)):
            self.addWidget(part)
            self.setStretchFactor(self.count() - 1, stretch)
        answer.setMinimumWidth(theme.px(NARROWEST[1]))
        side.setMinimumWidth(theme.px(NARROWEST[2]))
        # Small children need the canvas and the answer alone.
        self.setCollapsible(self.indexOf(side), True)
        self.splitterMoved.connect(self._take_hand)
        self._arrange()

    @property
    def is_short(self) -> bool:
        """Whether there is no room for three columns."""
        return self._is_short

    def set_collecting(self, is_collecting: bool) -> None:
        """Shows what collects examples, in place of answer and explanations."""
        self._is_collecting = is_collecting
        self._arrange()

    def set_explaining(self, is_explaining: bool) -> None:
        """Where room is short: whether the explanations are shown rather than the answer."""
        self._is_explaining = is_explaining
        self._arrange()

    # --- how it is remembered from one start to the next

    def saveState(self) -> QByteArray:
        """Nothing as long as nobody has moved a handle, so that the room is shared out anew in another window."""
        return super().saveState() if self._is_by_hand and not self._is_short else self._chosen

    def restoreState(self, state: QByteArray) -> bool:  # type: ignore[override]
        """Goes on with what a person has chosen."""
        self._chosen = QByteArray(state)
        self._is_by_hand = not state.isEmpty() and super().restoreState(state)
        self._arrange()
        return self._is_by_hand

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and (self._is_short or not self._is_by_hand):
            self._share_out()
        return handled

    # --- inside

    def _take_hand(self) -> None:
        if not self._is_short:
            self._is_by_hand, self._chosen = True, super().saveState()

    def _arrange(self) -> None:
        room = self.width() - 2 * self.handleWidth()
        is_short = room < sum(theme.px(each) for each in NARROWEST)
        has_room_again = self._is_short and not is_short
        if is_short != self._is_short:
            self._is_short = is_short
            self.is_short_changed.emit(is_short)
        explains = not is_short or self._is_explaining
        self._collecting.setVisible(self._is_collecting)
        self._answer.setVisible(not self._is_collecting and not (is_short and explains))
        self._side.setVisible(not self._is_collecting and explains)
        if is_short or not self._is_by_hand:
            self._share_out()
        elif has_room_again:
            super().restoreState(self._chosen)

    def _share_out(self) -> None:
        room = self.width() - 2 * self.handleWidth()
        answer = max(theme.px(NARROWEST[1]), min(round(room * ANSWER_SHARE), theme.px(WIDEST_ANSWER)))
        side = max(theme.px(NARROWEST[2]), min(round(room * SIDE_SHARE), theme.px(WIDEST_SIDE)))
        if self._is_collecting:
            collecting = round(room * COLLECTING_SHARE)
            self.setSizes([room - collecting, 0, collecting, 0])
        elif self._is_short:
            other = max(side, round(room * 0.36))
            self.setSizes([room - other, other, 0, other])
        else:
            self.setSizes([room - answer - side, answer, 0, side])
