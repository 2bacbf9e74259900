"""Small drawings in a row or in rows, painted by one widget, with a word below each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.drawn_ink import PadStroke
from lepton_studio.gui.widgets.ink_painter import paint_stroke
from lepton_studio.gui.widgets.painted_widget import is_other_look

GAP, CORNER, CLOSE_SIDE = 6, 4, 16
# Pictures of drawings that were painted lately.
MOST_KEPT = 600


@dataclass(frozen=True)
class DrawingTile:
    """One drawing.

    Attributes:
        id: how its owner knows it.
        strokes: in shares of the side of the canvas.
        word: what stands below it.
        tip: it in words, for the mouse and for screen readers.
        role: the colour of the word and of the frame.
        mark: a sign before the word, because a colour alone says nothing to some.
        picture: what is shown in place of strokes.
    """

    id: str
    strokes: tuple[PadStroke, ...]
    word: str = ""
    tip: str = ""
    role: Literal["second_text", "good", "bad", "accent"] = "second_text"
    mark: str = ""
    picture: QImage | None = None


class DrawingTiles(QWidget):
    """Knows which tile is chosen; what that means is for its owner.

    Signals:
        chosen: the id of a tile that was clicked, or taken by Enter or Space.
        removed: the id of one that is to go: Delete, or the cross that shows under the mouse.
        menu_wanted: an id, and the place on the screen where its menu belongs.
        current_changed: another tile has the keys: its number, to be scrolled to.
    """

    chosen = Signal(str)
    removed = Signal(str)
    menu_wanted = Signal(str, QPoint)
    current_changed = Signal(int)

    def __init__(self, side: float, wraps: bool, parent: QWidget | None = None) -> None:
        """Shows none.

        Args:
            side: of a drawing, in designed pixels.
            wraps: whether they lie in as many rows as the width asks for, rather than in one.
            parent: the widget to be in.
        """
        super().__init__(parent)
        self._tiles: tuple[DrawingTile, ...] = ()
        self._side, self._wraps = side, wraps
        self._current, self._hovered = 0, -1
        self._marked = ""
        self._pictures: dict[tuple[object, ...], QPixmap] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        vertical = QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Expanding if wraps else QSizePolicy.Policy.Fixed, vertical)
        give_role(self, QAccessible.Role.List)
        self._arrange()

    @property
    def tiles(self) -> tuple[DrawingTile, ...]:
        """What is shown."""
        return self._tiles

    def show_tiles(self, tiles: Sequence[DrawingTile], marked: str = "") -> None:
        """Shows other tiles; ``marked`` is the id of the one that lies on the canvas."""
        if tuple(tiles) == self._tiles and marked == self._marked:
            return
        self._tiles, self._marked = tuple(tiles), marked
        self._current = min(self._current, max(0, len(self._tiles) - 1))
        self._hovered = -1
        self._arrange()
        self._tell()
        self.update()

    def place_of(self, number: int) -> QRect:
        """Where a tile lies with its word."""
        side, gap = theme.px(self._side), theme.px(GAP)
        row, column = divmod(number, self._columns())
        return QRect(column * (side + gap), row * (self._tile_height() + gap), side, self._tile_height())

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(self._wanted_width(), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(self._side) if self._wraps else self._wanted_width(), self._wanted_height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if is_other_look(event):
            self._pictures.clear()
            self._arrange()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self._at(event.pos())
            QToolTip.showText(event.globalPos(), self._tiles[at].tip if at >= 0 else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position().toPoint())
        if at < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        self._go(at)
        tile = self._tiles[at]
        if self._cross(at).contains(event.position().toPoint()):
            self.removed.emit(tile.id)
        else:
            self.chosen.emit(tile.id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        at = self._current if by_key and self._tiles else self._at(event.pos())
        if at >= 0:
            self._go(at)
            place = self.mapToGlobal(self.place_of(at).center()) if by_key else event.globalPos()
            self.menu_wanted.emit(self._tiles[at].id, place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns = self._columns() if self._wraps else 1
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
        key = Qt.Key(event.key())
        last = len(self._tiles) - 1
        if not self._tiles:
            super().keyPressEvent(event)
        elif key in steps:
            self._go(min(max(self._current + steps[key], 0), last))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(0 if key == Qt.Key.Key_Home else last)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._tiles[self._current].id)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(self._tiles[self._current].id)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for at in range(len(self._tiles)):
            if self.place_of(at).intersects(event.rect()):
                self._paint_tile(painter, at)

    # --- inside

    def _paint_tile(self, painter: QPainter, at: int) -> None:
        tile, place, colours = self._tiles[at], self.place_of(at), theme.tokens()
        side = place.width()
        square = QRectF(place.left(), place.top(), side, side)
        has_keys = self.hasFocus() and at == self._current
        frame = colours.accent if has_keys or tile.id == self._marked or at == self._hovered else colours.line
        painter.setPen(QPen(QColor(frame), 2 if has_keys or tile.id == self._marked else 1))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(square.adjusted(1, 1, -1, -1), theme.px(CORNER), theme.px(CORNER))
        painter.drawPixmap(square.topLeft(), self._picture(tile, side, painter.deviceTransform().m11()))
        words = f"{tile.mark} {tile.word}".strip()
        if words:
            font = theme.font_of(theme.SMALL_PIXELS - 1)
            painter.setFont(font)
            painter.setPen(QColor(getattr(colours, tile.role)))
            below = QRectF(place.left(), square.bottom(), side, place.height() - side)
            shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, side)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, shown)
        if at == self._hovered:
            self._paint_cross(painter, at)

    def _paint_cross(self, painter: QPainter, at: int) -> None:
        colours, place = theme.tokens(), QRectF(self._cross(at))
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.setBrush(QColor(colours.raised))
        painter.drawEllipse(place)
        painter.setPen(QPen(QColor(colours.text), 1.4))
        inner = place.adjusted(*(place.width() * share for share in (0.32, 0.32, -0.32, -0.32)))
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())

    def _picture(self, tile: DrawingTile, side: int, ratio: float) -> QPixmap:
        """A drawing as small as it is shown; hundreds are painted once each."""
        key = (tile.id, tile.strokes, side, ratio, theme.tokens().name)
        if key not in self._pictures:
            while len(self._pictures) >= MOST_KEPT:
                del self._pictures[next(iter(self._pictures))]
            picture = QPixmap(round(side * ratio), round(side * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            with QPainter(picture) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                inside = QRectF(3, 3, side - 6, side - 6)
                if tile.picture is not None:
                    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                    painter.drawImage(inside, tile.picture)
                for stroke in tile.strokes:
                    paint_stroke(painter, stroke, inside)
            self._pictures[key] = picture
        return self._pictures[key]

    def _cross(self, at: int) -> QRect:
        """Where the cross of a tile is; nothing to hit while the tile is not under the mouse."""
        if at != self._hovered:
            return QRect()
        place, side = self.place_of(at), theme.px(CLOSE_SIDE)
        return QRect(place.right() - side - 1, place.top() + 2, side, side)

    def _at(self, place: QPoint) -> int:
        return next((at for at in range(len(self._tiles)) if self.place_of(at).contains(place)), -1)

    def _hover(self, at: int) -> None:
        if at != self._hovered:
            self._hovered = at
            self.setCursor(Qt.CursorShape.ArrowCursor if at < 0 else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _go(self, at: int) -> None:
        if at != self._current:
            self._current = at
            self._tell()
            self.update()
        self.current_changed.emit(at)

    def _tell(self) -> None:
        self.setAccessibleDescription(self._tiles[self._current].tip if self._tiles else "")

    def _columns(self) -> int:
        if not self._wraps:
            return max(1, len(self._tiles))
        side, gap = theme.px(self._side), theme.px(GAP)
        return max(1, (self.width() + gap) // (side + gap))

    def _tile_height(self) -> int:
        return theme.px(self._side) + QFontMetrics(theme.font_of(theme.SMALL_PIXELS - 1)).height()

    def _wanted_height(self) -> int:
        rows = -(-len(self._tiles) // self._columns()) if self._wraps else 1
        return max(0, rows * (self._tile_height() + theme.px(GAP)) - theme.px(GAP))

    def _wanted_width(self) -> int:
        return max(1, len(self._tiles) * (theme.px(self._side) + theme.px(GAP)) - theme.px(GAP))

    def _arrange(self) -> None:
        if self.height() != self._wanted_height():
            self.setFixedHeight(self._wanted_height())
        if not self._wraps and self.width() != self._wanted_width():
            self.setFixedWidth(self._wanted_width())
