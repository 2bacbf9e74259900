"""What each layer makes of a picture, below each other; stands in a scroll area."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.output_painter import OutputPainter, output_images
from lepton_studio.gui.widgets.output_plan import OutputPlan, OutputStrip, Path, plan_outputs
from lepton_studio.gui.widgets.value_colours import short_number

NARROWEST = 220


class OutputStrips(QWidget):
    """Paints the strips in sight.

    Signals:
        layer_chosen: the path of the strip that was clicked or gone to by keys.
        part_chosen: the path of the strip, and which of its maps was clicked (0 for what is one picture, and for keys).
    """

    layer_chosen = Signal(object)
    part_chosen = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.strips: tuple[OutputStrip, ...] = ()
        self.plan = OutputPlan((), 0, 0)
        self._images: dict[int, list[QImage]] = {}
        self._chosen: frozenset[Path] = frozenset()
        self._hovered = (-1, -1)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(theme.px(NARROWEST))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        give_role(self, QAccessible.Role.Graphic)
        self.setAccessibleName(self.tr("What each layer makes of the picture"))

    def show_strips(self, strips: Sequence[OutputStrip]) -> None:
        """Shows other strips."""
        self.strips = tuple(strips)
        self._hovered = (-1, -1)
        self.setAccessibleDescription(", ".join(strip.title for strip in strips))
        self._arrange()

    def set_chosen(self, paths: Sequence[Path]) -> None:
        """Lights up the strips of these layers."""
        self._chosen = frozenset(paths)
        self.update()

    def place_of(self, path: Path) -> QRect:
        """Where the strip of a layer is; empty if it has none."""
        for strip, planned in zip(self.strips, self.plan.strips, strict=True):
            if strip.path == path:
                return QRectF(0, planned.top, self.width(), planned.height).toRect()
        return QRect()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(400), round(self.plan.height))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._arrange()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        canvas = QPainter(self)
        painter = OutputPainter(canvas, self.width())
        seen = event.rect()
        for at, (strip, planned) in enumerate(zip(self.strips, self.plan.strips, strict=True)):
            if planned.top > seen.bottom() or planned.top + planned.height < seen.top():
                continue
            if at not in self._images:
                self._images[at] = output_images(strip, planned, self.devicePixelRatioF())
            more = self.tr("+ {}").format(planned.more) if planned.more else ""
            hovered = self._hovered[1] if self._hovered[0] == at else -1
            painter.paint(strip, planned, self._images[at], (strip.path in self._chosen, hovered, more))
        if self.hasFocus():
            canvas.setPen(QPen(QColor(theme.tokens().text), 1, Qt.PenStyle.DashLine))
            canvas.setBrush(Qt.BrushStyle.NoBrush)
            canvas.drawRect(self._focused_place().adjusted(3, 3, -4, -4))
        canvas.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._told(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, part = self.plan.part_at(event.position().x(), event.position().y())
        if at < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        strip = self.strips[at]
        self.layer_chosen.emit(strip.path)
        if part >= 0 and strip.form in ("maps", "matrix"):
            self.part_chosen.emit(strip.path, part)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, at = event.key(), self._chosen_strip()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.strips:
            beside = 0 if at < 0 else at + (1 if key == Qt.Key.Key_Down else -1)
            self.layer_chosen.emit(self.strips[min(max(beside, 0), len(self.strips) - 1)].path)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and at >= 0:
            if self.strips[at].form in ("maps", "matrix"):
                self.part_chosen.emit(self.strips[at].path, 0)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.plan.part_at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover((-1, -1))
        super().leaveEvent(event)

    # --- inside

    def _chosen_strip(self) -> int:
        """The first of the chosen strips; -1 if there is none."""
        return next((at for at, strip in enumerate(self.strips) if strip.path in self._chosen), -1)

    def _focused_place(self) -> QRect:
        at = self._chosen_strip()
        return self.rect() if at < 0 else self.place_of(self.strips[at].path)

    def _arrange(self) -> None:
        self._images.clear()
        self.plan = plan_outputs(self.strips, self.width(), theme.scale(), self.devicePixelRatioF())
        self.setFixedHeight(max(1, round(self.plan.height)))
        self.update()

    def _hover(self, hovered: tuple[int, int]) -> None:
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(Qt.CursorShape.ArrowCursor if hovered[0] < 0 else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _told(self, point: QPointF) -> str:
        """What is said of the part under the mouse."""
        at, part = self.plan.part_at(point.x(), point.y())
        if part < 0:
            return ""
        strip, (left, _top, width, _height) = self.strips[at], self.plan.strips[at].parts[part]
        if strip.form == "maps":
            values = strip.output[part]
            text = self.tr("Channel {0}: {1} to {2}. Click to enlarge.")
            return text.format(part, short_number(float(values.min())), short_number(float(values.max())))
        if strip.form == "matrix":
            return self.tr("Rows are steps, columns are features. Click to enlarge.")
        if strip.form == "bars":
            step = min(width / len(strip.output), theme.px(22))
            number = int((point.x() - left) / step)
            if number < len(strip.output):
                return self.tr("Number {0}: {1}").format(number, short_number(float(strip.output[number])))
        elif strip.form == "classes":
            number = strip.classes()[part]
            return self.tr("{0}: output {1}").format(strip.names[number], short_number(float(strip.output[number])))
        return ""
