"""One hint on screen: what is the matter, what to do, and why."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lepton_studio.engine import Hint
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.wording import epochs_word

ICON_SIDE = 18
# Where the buttons would leave less than this share of the width to the remedy, they stand below it.
ENOUGH_FOR_TEXT = 0.45

# What the next run has of a hint: nothing yet, its change, or a network that it does not fit.
NextRun = Literal["open", "done", "another network"]


class HintCard(QFrame):
    """Says one hint; the explanation unfolds in place. What its buttons do is for others.

    Signals:
        next_wanted: the change is wanted for the next run.
        now_wanted: the change is wanted for the run under way.
        more_wanted: more epochs are wanted for the run that has ended.
        undo_wanted: what was changed for the next run is to be taken back.
        closed: the person has read it.
        resized: it needs another height.
    """

    next_wanted = Signal()
    now_wanted = Signal()
    more_wanted = Signal()
    undo_wanted = Signal()
    closed = Signal()
    resized = Signal()

    def __init__(self, hint: Hint, parent: QWidget | None = None) -> None:
        """Shows a hint about a run that is not under way."""
        super().__init__(parent)
        self.setObjectName(f"hint_{hint.rule}")
        self.setProperty("card", True)
        self.hint = hint
        self._is_running, self._is_steered, self._next_run = False, False, "open"
        self._make_parts()
        self.show_hint(hint)

    @property
    def is_read(self) -> bool:
        """Whether somebody is at it, so that it must not go away."""
        focus = QApplication.focusWidget()
        return self._why.isVisibleTo(self) or self.underMouse() or (focus is not None and self.isAncestorOf(focus))

    @property
    def what(self) -> str:
        """What it says is the matter, in the language of the window."""
        return self._what.text()

    @property
    def remedy(self) -> str:
        """What it says can be done, or was."""
        return self._remedy.text()

    def show_hint(self, hint: Hint) -> None:
        """Shows the same hint with newer numbers."""
        self.hint = hint
        self._what.setText(hint.what.said(spec_text))
        self._why.setText(hint.why.said(spec_text))
        self._why_button.setAccessibleName(self.tr("Why? {}").format(self._what.text()))
        self._close.setAccessibleName(self.tr("Close this hint: {}").format(self._what.text()))
        self._show_remedy()

    def show_state(self, is_running: bool, is_steered: bool, next_run: NextRun) -> None:
        """Shows what can be done now.

        Args:
            is_running: whether the run is under way.
            is_steered: whether it was steered as the hint says.
            next_run: what the experiment that is trained next has of it.
        """
        if (is_running, is_steered, next_run) != (self._is_running, self._is_steered, self._next_run):
            self._is_running, self._is_steered, self._next_run = is_running, is_steered, next_run
            self._show_remedy()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _make_parts(self) -> None:
        picture = QLabel()
        side = theme.px(ICON_SIDE)
        picture.setPixmap(theme.icon("warning", "warning").pixmap(side, side))
        # It names classes, which people called as they liked.
        self._what = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        tip = self.tr("Close this hint; for this run it does not come again")
        self._close = icon_button("hint_close", "close", tip, "second_text")
        self._close.clicked.connect(self.closed)
        self._remedy = second()
        self._remedy.setTextFormat(Qt.TextFormat.PlainText)
        self._why = second()
        self._why.setTextFormat(Qt.TextFormat.PlainText)
        self._why.hide()
        self._make_buttons()
        self._lay_out(picture)

    def _make_buttons(self) -> None:
        self._why_button = button("hint_why", self.tr("Why?"))
        self._why_button.setCheckable(True)
        self._why_button.toggled.connect(self._unfold)
        self._now = button("hint_now", self.tr("Apply now"))
        self._now.clicked.connect(self.now_wanted)
        self._more = button("hint_more_epochs", "")
        self._more.clicked.connect(self.more_wanted)
        self._next = button("hint_next", self.tr("Apply to the next run"))
        self._next.clicked.connect(self.next_wanted)
        self._undo = button("hint_undo", self.tr("Undo"))
        self._undo.clicked.connect(self.undo_wanted)

    def _lay_out(self, picture: QLabel) -> None:
        # In the middle of the first line of the text, which stands beside the button if it has one line.
        line = self._close.sizeHint().height()
        picture.setFixedHeight(line)
        self._what.setMinimumHeight(line)
        first, self._buttons = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(theme.GAP_SMALL)
        first.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        first.addWidget(self._what, 1, Qt.AlignmentFlag.AlignTop)
        first.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._buttons.setSpacing(theme.GAP_SMALL)
        for each in (self._why_button, self._now, self._more, self._next, self._undo):
            self._buttons.addWidget(each)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(theme.GAP_SMALL)
        # Below the text of the first row, not below its picture.
        indent = theme.px(ICON_SIDE) + theme.GAP_SMALL
        self._row.setContentsMargins(indent, 0, 0, 0)
        self._row.addWidget(self._remedy, 1)
        self._row.addLayout(self._buttons)
        self._row.setAlignment(self._buttons, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        self._why.setContentsMargins(indent, 0, theme.GAP_SMALL, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL, theme.GAP_SMALL)
        layout.setSpacing(theme.GRID)
        layout.addLayout(first)
        layout.addLayout(self._row)
        layout.addWidget(self._why)

    def _unfold(self, is_unfolded: bool) -> None:
        self._why.setVisible(is_unfolded)
        self._fit()
        self.resized.emit()

    def _fit(self) -> None:
        """Gives the buttons their place, and wrapped texts the height that they need, which no layout does."""
        left = self.width() - self._buttons.sizeHint().width()
        is_narrow = left < ENOUGH_FOR_TEXT * self.width()
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._row.setDirection(down if is_narrow else across)
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            self.setFixedHeight(layout.totalHeightForWidth(self.width()))

    def _show_remedy(self) -> None:
        hint = self.hint
        remedy, live = hint.remedy.said(spec_text), hint.live.said(spec_text)
        can_now = self._is_running and bool(hint.steer) and not self._is_steered
        can_next = hint.experiment is not None and self._next_run != "done"
        self._remedy.setText(self._remedy_text(remedy, live, can_now))
        self._show_button(self._now, can_now, live or remedy)
        self._show_button(self._next, can_next, remedy)
        self._next.setEnabled(self._next_run != "another network")
        if not self._next.isEnabled():
            self._next.setToolTip(self.tr("The network was changed since this run: make the change on the Build page."))
        self._undo.setVisible(hint.experiment is not None and self._next_run == "done")
        more = hint.more_epochs if not self._is_running else 0
        self._more.setText(self.tr("Train {} more").format(epochs_word(more)))
        self._show_button(self._more, more > 0, self.tr("Go on with this run where it ended"))
        self._fit()
        self.resized.emit()

    def _show_button(self, each: QPushButton, is_there: bool, tip: str) -> None:
        each.setVisible(is_there)
        each.setToolTip(tip)
        each.setAccessibleName(f"{each.text()}: {tip}")

    def _remedy_text(self, remedy: str, live: str, can_now: bool) -> str:
        """What can be done, or what was."""
        done = self._next_run == "done"
        parts = []
        if self._is_steered:
            parts.append(self.tr("Done in this run: {}.").format(live or remedy))
        elif can_now and live and remedy and not done:
            parts.append(self.tr("Now: {}.").format(live))
        elif can_now and live:
            parts.append(f"{live}.")
        if done:
            parts.append(self.tr("Done for the next run: {}. Undo takes it back.").format(remedy))
        elif remedy and parts:
            # The same for both need not be said twice.
            parts += [self.tr("For the next run: {}.").format(remedy)] if live else []
        elif remedy:
            parts.append(f"{remedy}.")
        return " ".join(parts)
