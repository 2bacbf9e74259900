"""Where the network does not fit, why, and what helps: one button for each change that was tried."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

import msgspec
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lepton_studio.engine import Fix, LeptonError, first_fault, search_fixes
from lepton_studio.gui import theme
from lepton_studio.gui.fix_wording import FixWording
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.flow_layout import FlowLayout
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.workbench import Path, Workbench

ICON_SIDE = 18
NARROWEST_BUTTON = 96

_THIN, _FIXED = "\u202f", "\u00a0"
_SHAPE = re.compile(rf"\d[\d{_THIN}]*(?: × \d[\d{_THIN}]*)*")


class FixOffers(QFrame):
    """Says the first fault of the network on the bench and offers what removes it; hidden while all is well.

    Attributes:
        fixes: what is offered.
        work: the search.
    """

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        """Begins to watch the workbench."""
        super().__init__(parent)
        self.setObjectName("fix_offers")
        self.setProperty("card", True)
        self.fixes: tuple[Fix, ...] = ()
        self._workbench = workbench
        self._words = FixWording(self)
        self._fault: Path | None = None
        # A deep network takes some tenths of a second, too long for the window to wait.
        self.work = LatestWork(self, self._search)
        self.work.event_emitted.connect(self._found)
        # A search that fails is a fault of ours, and is not begun again.
        self.work.job_failed.connect(lambda _error: self._found(()))
        self._make_parts()
        workbench.described.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Says what is wrong now; what helps is looked for in a moment."""
        report = self._workbench.report
        self._show_fixes(())
        if report is None or not report.errors:
            self.work.drop()
            self.hide()
            return
        row = first_fault(report)
        error = report.errors[0] if row is None else row.error
        # An output that does not fit is mended at the last layer; without layers, at the input.
        end = (len(self._workbench.layers) - 1,) if self._workbench.layers else ()
        self._fault = end if row is None else row.path
        place = self.tr("Output") if row is None else self._place(row.path, row.layer.title)
        assert error is not None
        if report.layers:
            self._say(place, error)
        else:
            least = self.tr("Begin with the least that gives one number for each class, or as the stack says below.")
            self._say(self.tr("No layers yet"), LeptonError(least), "accent")
        self._below.setText(self.tr("Looking for what helps ..."))
        self._below.show()
        self.show()
        self.work.wish()

    def label(self, fix: Fix) -> str:
        """What a button for a fix says."""
        text = self._words.short(fix)
        return text if fix.is_complete else self.tr("{}, as a first step").format(text)

    def apply(self, fix: Fix) -> None:
        """Takes a fix, as one step that can be undone, and chooses the layer concerned."""
        bench, text = self._workbench, self._words.short(fix)
        if fix.kind == "outputs":
            # A known network for another number of classes is still that network.
            experiment = msgspec.structs.replace(bench.session.experiment, architecture=fix.architecture)
            bench.session.edit(text, experiment)
            bench.choose(fix.path)
        else:
            bench.edit(text, fix.architecture.layers, (fix.path,))

    def show_fault(self) -> None:
        """Chooses the card with the fault."""
        if self._fault:
            self._workbench.choose(self._fault)

    def stop(self) -> None:
        """Ends the search, before the window closes."""
        self.work.stop()

    # --- parts

    def _make_parts(self) -> None:
        self._picture = QLabel()
        self._text = _FaultText()
        self._text.clicked.connect(self.show_fault)
        self._below = second()
        self._below.setObjectName("fix_below")
        self._buttons: list[QPushButton] = []
        self._row = FlowLayout(theme.GAP_SMALL)
        column = QVBoxLayout()
        column.setSpacing(theme.GAP_SMALL)
        column.addWidget(self._text)
        column.addLayout(self._row)
        column.addWidget(self._below)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP_SMALL, theme.GAP, theme.GAP_SMALL)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(column, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold_buttons()

    def _place(self, path: Path, title: str) -> str:
        number = ".".join(str(position + 1) for position in path)
        return self.tr("Layer {0}, {1}").format(number, spec_text(title))

    def _say(self, place: str, error: LeptonError, role: str = "bad") -> None:
        side = theme.px(ICON_SIDE)
        self._picture.setPixmap(theme.icon("warning" if role == "bad" else "info", role).pixmap(side, side))
        words = f"{error.what[:1].upper()}{error.what[1:]} {error.remedy}".strip()
        name = f'<span style="color:{getattr(theme.tokens(), role)}; font-weight:600">{escape(place)}</span>'
        # Rich text would break a number between its groups, and a shape between its sides.
        unbroken = _SHAPE.sub(lambda found: f"<nobr>{found[0].replace(_THIN, _FIXED)}</nobr>", escape(words))
        self._text.setText(f"{name}&nbsp;&nbsp;{unbroken}")
        self._text.setAccessibleName(f"{place}: {words}")

    # --- what helps

    def _search(self) -> Iterator[tuple[Fix, ...] | None]:
        bench = self._workbench
        return search_fixes(bench.session.experiment.architecture, bench.shape, bench.classes)

    def _found(self, fixes: tuple[Fix, ...]) -> None:
        # To begin with, one is enough: the stack says what else can be done.
        self._show_fixes(fixes if self._workbench.layers else fixes[:1])
        self._below.setText(self.tr("No single change was found that helps."))
        self._below.setVisible(not self.fixes)

    def _show_fixes(self, fixes: tuple[Fix, ...]) -> None:
        self.fixes = fixes
        for old in self._buttons:
            self._row.removeWidget(old)
            # Not a window of its own while it waits to be deleted.
            old.hide()
            old.deleteLater()
        self._buttons = []
        for place, fix in enumerate(fixes):
            made = _FoldingButton(f"fix_{place}")
            made.setAccessibleName(self.label(fix))
            full = self._words.full(fix)
            result = (
                self.tr("Then everything fits.") if fix.is_complete else self.tr("Then this layer fits; others do not.")
            )
            made.setToolTip(f"{full}. {result}")
            made.setAccessibleDescription(made.toolTip())
            made.clicked.connect(lambda _checked=False, wanted=fix: self.apply(wanted))
            self._buttons.append(made)
            self._row.addWidget(made)
        self._fold_buttons()

    def _fold_buttons(self) -> None:
        """Breaks the words of buttons that are wider than there is room."""
        room = self.width() - 2 * theme.GAP - self._picture.sizeHint().width() - theme.GAP_SMALL
        for made, fix in zip(self._buttons, self.fixes, strict=True):
            # What a button needs around its words.
            around = theme.px(2 * (theme.GAP_SMALL + theme.GRID)) + theme.GRID
            made.setText(_folded(self.label(fix), made.fontMetrics(), room - around).replace("&", "&&"))


class _FaultText(QLabel):
    """Wraps; can be clicked, and pressed with Enter or Space while it has the focus.

    Signals:
        clicked: by mouse or key.
    """

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.setObjectName("fix_fault")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        # Room for the frame of the focus.
        self.setMargin(theme.GRID)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.tokens().accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)


class _FoldingButton(QPushButton):
    """As wide as its words, or narrower: then they are folded for it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        # Enter presses it as Space does, also outside dialogs.
        self.setAutoDefault(True)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(NARROWEST_BUTTON), super().minimumSizeHint().height())


def _folded(text: str, metrics: QFontMetrics, width: int) -> str:
    """The words in lines that are not wider than ``width`` pixels, as far as single words allow."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and metrics.horizontalAdvance(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)
