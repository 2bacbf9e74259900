"""A slider over the epochs of a training: its last place is now, and marks say which epochs are best or kept."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QToolTip, QWidget

from lepton_studio.gui import theme

# Designed pixels.
_HEIGHT, _HANDLE, _MARK, _LINE, _NARROWEST = 36, 8, 4, 4, 96


class EpochTrack(QSlider):
    """Left, Right, Page Up and Down, Home and End move it; End is now. A click goes to the epoch under it.

    Below the line a filled square marks an epoch whose weights are kept, above it a star the best one.

    Signals:
        epoch_wanted: a person went to an epoch, counted from 1; None: to now.
    """

    epoch_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Has no epochs yet."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._epochs: tuple[int, ...] = ()
        self._kept: frozenset[int] = frozenset()
        self._best = 0
        self._is_shown = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setRange(0, 0)
        self.setEnabled(False)
        self.valueChanged.connect(self._slid)

    @property
    def epoch(self) -> int | None:
        """Where it stands; None: now."""
        return self._epochs[self.value()] if self.value() < len(self._epochs) else None

    def show_epochs(self, epochs: Sequence[int], epoch: int | None, kept: Collection[int] = (), best: int = 0) -> None:
        """Shows where a person is, without a signal.

        Args:
            epochs: those that can be gone to, in their order.
            epoch: the one that is looked at; None: now.
            kept: those whose weights are kept.
            best: the best one; 0: none.
        """
        self._epochs, self._kept, self._best = tuple(epochs), frozenset(kept), best
        self._is_shown = True
        self.setRange(0, len(self._epochs))
        self.setPageStep(max(1, len(self._epochs) // 10))
        self.setValue(self._epochs.index(epoch) if epoch in self._epochs else len(self._epochs))
        self._is_shown = False
        self.setEnabled(bool(self._epochs))
        self.update()

    def place_of(self, epoch: int | None) -> QPointF:
        """The middle of an epoch on the line."""
        at = self._epochs.index(epoch) if epoch in self._epochs else len(self._epochs)
        return QPointF(self._x(at), self.height() / 2)

    # --- Qt

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(theme.px(320), theme.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """The smallest on which a few epochs can be told apart."""
        return QSize(theme.px(_NARROWEST), theme.px(_HEIGHT))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to the epoch under the mouse, where others go a page further."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self._at(event.position().x()))
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse while its button is held; else tells what is under it."""
        at = self._at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.setValue(at)
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self._told(at), self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self.setSliderDown(False)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leaves the wheel to what is scrolled below the pointer."""
        event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the line, the marks and the handle."""
        painter, colours = QPainter(self), theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, wide = self.height() / 2, theme.px(_LINE)
        left, right, here = self._x(0), self._x(len(self._epochs)), self._x(self.value())
        for start, stop, colour in ((left, right, colours.line), (left, here, colours.accent)):
            pen = QPen(QColor(colour if self.isEnabled() else colours.faint_line), wide)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLine(QPointF(start, middle), QPointF(stop, middle))
        if self.isEnabled():
            self._paint_marks(painter)
            self._paint_handle(painter, QPointF(here, middle))

    # --- inside

    def _slid(self) -> None:
        if not self._is_shown:
            self.epoch_wanted.emit(self.epoch)

    def _inset(self) -> float:
        return float(theme.px(_HANDLE + 2))

    def _x(self, at: int) -> float:
        room = self.width() - 2 * self._inset()
        return self._inset() + room * at / max(1, len(self._epochs))

    def _at(self, x: float) -> int:
        room = max(1.0, self.width() - 2 * self._inset())
        return min(max(round((x - self._inset()) / room * len(self._epochs)), 0), len(self._epochs))

    def _told(self, at: int) -> str:
        if at >= len(self._epochs):
            return self.tr("Now")
        epoch = self._epochs[at]
        words = [self.tr("Epoch {}").format(epoch)]
        if epoch == self._best:
            words.append(self.tr("the best: lowest validation loss"))
        if epoch in self._kept:
            words.append(self.tr("its weights are kept"))
        return ", ".join(words)

    def _paint_marks(self, painter: QPainter) -> None:
        colours, size, middle = theme.tokens(), float(theme.px(_MARK)), self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        apart = self._x(1) - self._x(0)
        # Neighbours stay two marks while a pixel between them is left.
        wide = max(1.5, min(size, apart - 1.5))
        if apart >= 2 * size:
            # One notch for each epoch, while they can be told apart.
            painter.setBrush(QColor(colours.second_text))
            for at in range(len(self._epochs)):
                painter.drawEllipse(QPointF(self._x(at), middle), size / 4, size / 4)
        for at, epoch in enumerate(self._epochs):
            if epoch in self._kept:
                painter.setBrush(QColor(colours.text))
                below = middle + theme.px(_HANDLE + 4)
                painter.drawRect(QRectF(self._x(at) - wide / 2, below - size / 2, wide, size))
            if epoch == self._best:
                painter.setBrush(QColor(colours.good))
                painter.drawPolygon(_star(QPointF(self._x(at), middle - theme.px(_HANDLE + 4)), size * 1.4))

    def _paint_handle(self, painter: QPainter, middle: QPointF) -> None:
        colours, radius = theme.tokens(), theme.px(_HANDLE) - 1
        painter.setBrush(QColor(colours.surface if self.epoch is not None else colours.accent))
        painter.setPen(QPen(QColor(colours.accent), theme.px(2)))
        painter.drawEllipse(middle, radius, radius)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.text), 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)


def _star(middle: QPointF, radius: float) -> QPolygonF:
    """Five points; the inner corners lie where the lines of a pentagram cross."""
    corners = []
    for corner in range(10):
        far = radius if corner % 2 == 0 else radius * 0.45
        angle = -math.pi / 2 + corner * math.pi / 5
        corners.append(middle + QPointF(far * math.cos(angle), far * math.sin(angle)))
    return QPolygonF(corners)
