"""The outputs of all layers as small pictures on one wall, which lights up while somebody draws.

All numbers become one buffer of bytes, whose pixels are looked up in one step and painted as one image: no layer costs
a widget or an image of its own, so that the wall can follow a pen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    qRgb,
)  # fmt: skip
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.map_plan import Block, Path, Wall, plan_wall
from lepton_studio.gui.widgets.map_wall_painter import MapWallPainter
from lepton_studio.gui.widgets.painting import Bytes
from lepton_studio.gui.widgets.value_colours import short_number, value_colours

# Bytes: the ground, from zero up in greys, and from below to above zero with an exact middle.
GREYS, SIGNED, MIDDLE = 1, 129, 192
# A few numbers that are far above all others would leave the rest in the dark: these are as bright as the brightest
# hundredth, found among so many; but never more than so many times brighter than they are.
BRIGHT, LOOKED_AT, BRIGHTER = 0.99, 4096, 3.0
# How much of a brightness that is not reached any more stays, from picture to picture.
HELD = 0.97
KEYS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Values:
    """What one layer of the wall holds now.

    Attributes:
        numbers: float32, of the block's given shape.
        lowest, highest: of all its numbers, also those that are not shown.
    """

    numbers: NDArray[np.float32]
    lowest: float
    highest: float


class MapWall(QWidget):
    """Paints the layers; one scale for each of them, which grows at once and shrinks slowly.

    Signals:
        tile_chosen: the path of a layer and which of its tiles was clicked or entered.
        menu_wanted: likewise, and where on the screen.
    """

    tile_chosen = Signal(object, int)
    menu_wanted = Signal(object, int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.blocks: tuple[Block, ...] = ()
        self.wall = Wall()
        self._values: tuple[Values, ...] = ()
        self._off: frozenset[tuple[Path, int]] = frozenset()
        self._scales: list[tuple[float, bool]] = []
        self._pixels = np.zeros((0, 0), np.int32)
        self._buffer: Bytes = np.zeros((0, 0), np.uint8)
        self._table: list[int] = []
        self._hovered, self._cursor = (-1, -1), (-1, -1)
        self._room = QSize()
        self._by_keys = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        give_role(self, QAccessible.Role.Graphic)
        self.setAccessibleName(self.tr("What each layer makes of the drawing"))

    # --- what is shown

    def show_blocks(self, blocks: Sequence[Block]) -> None:
        """Shows other layers, all dark."""
        self.blocks = tuple(blocks)
        self._values = ()
        self._hovered, self._cursor = (-1, -1), (-1, -1)
        self.forget_scales()
        self.setAccessibleDescription(", ".join(block.title for block in blocks))
        self.arrange()

    def set_notes(self, notes: Sequence[str], off: frozenset[tuple[Path, int]]) -> None:
        """Says beside each layer what is done to it, and crosses out what is switched off."""
        self.blocks = tuple(
            Block(block.path, block.title, block.shape, block.given, block.names, note)
            for block, note in zip(self.blocks, notes, strict=True)
        )
        self._off = off
        self.update()

    def show_values(self, values: Sequence[Values]) -> None:
        """Lights up: one for each block; none at all makes the wall dark."""
        self._values = tuple(values)
        self._fill()
        self.update()

    def forget_scales(self) -> None:
        """Begins each layer's scale anew with the next picture."""
        self._scales = [(0.0, False)] * len(self.blocks)

    def set_room(self, room: QSize) -> None:
        """Fits the wall into what can be seen of it."""
        if room != self._room:
            self._room = room
            self.arrange()

    def arrange(self) -> None:
        """Lays everything out anew."""
        room = self._room if not self._room.isEmpty() else self.size()
        self.wall = plan_wall(self.blocks, room.width(), room.height(), theme.scale())
        self.setFixedSize(max(1, round(self.wall.width)), max(1, round(self.wall.height)))
        self._pixels = np.zeros((self.height(), self.width()), np.int32)
        first = 0
        for block, placed in zip(self.blocks, self.wall.placed, strict=True):
            found = placed.pixels(block.tile)
            left, top = (int(at) for at in placed.origin)
            into = self._pixels[top : top + found.shape[0], left : left + found.shape[1]]
            part = found[: into.shape[0], : into.shape[1]]
            into[:] = np.where(part > 0, part + first, 0)
            first += placed.shown * block.tile[0] * block.tile[1]
        self._make_table()
        self._fill()
        self.update()

    # --- where things are

    def tile_at(self, point: QPoint) -> tuple[Path, int] | None:
        """The layer and tile at a point."""
        at, number = self.wall.at(point.x(), point.y())
        return (self.blocks[at].path, number) if at >= 0 and number >= 0 else None

    def place_of(self, path: Path, number: int) -> QRect:
        """Where a tile is; empty for one that is not shown."""
        for block, placed in zip(self.blocks, self.wall.placed, strict=True):
            if block.path == path and number < placed.shown:
                return QRect(*(round(each) for each in placed.tile(number)))
        return QRect()

    def level_at(self, point: QPoint) -> int:
        """The byte that is shown at a point: 0 is the ground."""
        return int(self._buffer[point.y(), point.x()])

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(420), theme.px(560))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.arrange()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._room.isEmpty():
            self._room = event.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.tokens().surface)
        if self._buffer.size:
            height, width = self._buffer.shape
            image = QImage(self._buffer.data, width, height, width, QImage.Format.Format_Indexed8)
            image.setColorTable(self._table)
            seen = event.rect()
            painter.drawImage(seen, image, seen)
        cursor = self._cursor if self.hasFocus() and self._by_keys else (-1, -1)
        MapWallPainter(painter, self.wall, self.blocks, self._best()).paint(
            event.rect(), self._off, self._hovered, cursor
        )
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._told(*self.wall.at(event.x(), event.y())), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.wall.at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover((-1, -1))
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, number = self.wall.at(event.position().x(), event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and number >= 0:
            self._cursor, self._by_keys = (at, number), False
            self.tile_chosen.emit(self.blocks[at].path, number)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        at, number = self._cursor if by_key else self.wall.at(event.x(), event.y())
        if at >= 0 and number >= 0:
            where = self.place_of(self.blocks[at].path, number).center() if by_key else event.pos()
            self.menu_wanted.emit(self.blocks[at].path, number, self.mapToGlobal(where))

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self._cursor[0] < 0 and self.blocks:
            self._cursor = (0, 0)
        self._by_keys = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        at, number = self._cursor
        self._by_keys = True
        if event.key() in KEYS and at >= 0:
            self._move(*KEYS[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and at >= 0:
            self.tile_chosen.emit(self.blocks[at].path, number)
        else:
            super().keyPressEvent(event)

    # --- inside

    def _move(self, right: int, down: int) -> None:
        """Moves the cursor: along a layer, or to the next one."""
        at, number = self._cursor
        along, beside = (down, right) if self.wall.is_flat else (right, down)
        if beside:
            at = min(max(at + beside, 0), len(self.blocks) - 1)
        number = min(max(number + along, 0), self.wall.placed[at].shown - 1)
        self._cursor = (at, number)
        self.setAccessibleDescription(self._told(at, number))
        self.update()

    def _hover(self, hovered: tuple[int, int]) -> None:
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(Qt.CursorShape.ArrowCursor if hovered[1] < 0 else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _told(self, at: int, number: int) -> str:
        """What is said of a tile."""
        if at < 0 or number < 0:
            return self.blocks[at].title if at >= 0 else ""
        block = self.blocks[at]
        if not self._values:
            return block.title
        numbers = self._values[at].numbers
        if block.form == "matrix":
            return self.tr("{}: steps down, features across. Click to enlarge.").format(block.title)
        part = numbers[number]
        if block.form == "maps":
            text = self.tr("{0}, channel {1}: {2} to {3}. Click to enlarge.")
            return text.format(block.title, number, short_number(float(part.min())), short_number(float(part.max())))
        name = block.names[number] if block.names else str(number)
        return self.tr("{0}, {1}: {2}. Click to see how it came about.").format(
            block.title, name, short_number(float(part))
        )

    def _best(self) -> int:
        """The likeliest class; -1 in the dark."""
        return int(self._values[-1].numbers.argmax()) if self._values and self.blocks[-1].names else -1

    def _make_table(self) -> None:
        ground = theme.tokens().surface
        greys = value_colours(np.linspace(0, 1, SIGNED - GREYS, dtype=np.float32), 0.0, 1.0)
        signed = value_colours(np.linspace(-1, 1, 2 * (MIDDLE - SIGNED) + 1, dtype=np.float32), -1.0, 1.0)
        first = int(ground[1:3], 16), int(ground[3:5], 16), int(ground[5:7], 16)
        self._table = [qRgb(*each) for each in (first, *greys.tolist(), *signed.tolist())]

    def _fill(self) -> None:
        """Looks the byte of every pixel up."""
        total = 1 + sum(
            placed.shown * block.tile[0] * block.tile[1]
            for block, placed in zip(self.blocks, self.wall.placed, strict=True)
        )
        levels = np.full(total, GREYS, np.uint8)
        levels[0] = 0
        first = 1
        for at, values in enumerate(self._values):
            block, placed = self.blocks[at], self.wall.placed[at]
            count = placed.shown * block.tile[0] * block.tile[1]
            numbers = values.numbers.reshape(-1)[:count]
            levels[first : first + count] = self._levels(at, values, numbers)
            first += count
        self._buffer = np.take(levels, self._pixels)

    def _levels(self, at: int, values: Values, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        held, was_signed = self._scales[at]
        size = self._size(at, values)
        size = max(size, held * HELD + size * (1 - HELD))
        is_signed = was_signed or values.lowest < 0
        self._scales[at] = (size, is_signed)
        if self.blocks[at].names:
            # Probabilities are compared with certainty.
            size = 1.0
        middle, reach = (MIDDLE, MIDDLE - SIGNED) if is_signed else (GREYS, SIGNED - GREYS - 1)
        shares: NDArray[np.float32] = np.nan_to_num(numbers) * np.float32(reach / size)
        np.clip(shares, -reach if is_signed else 0, reach, out=shares)
        shares += middle + 0.5
        return shares

    def _size(self, at: int, values: Values) -> float:
        """The number that is fully bright."""
        most = max(abs(values.lowest), abs(values.highest), 1e-12)
        if self.blocks[at].form != "maps":
            return most
        flat = values.numbers.reshape(-1)
        some = np.abs(flat[:: max(1, len(flat) // LOOKED_AT)])
        place = int(len(some) * BRIGHT)
        return max(most / BRIGHTER, float(np.nan_to_num(np.partition(some, place)[place])))
