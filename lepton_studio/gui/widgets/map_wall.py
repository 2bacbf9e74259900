"""The outputs of all layers as small pictures on one wall, which lights up while somebody draws.

All numbers become one buffer of bytes, whose pixels are looked up in one step and painted as one image: no layer costs
a widget or an image of its own, so that the wall can follow a pen.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)  # fmt: skip
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.map_levels import Levels, Values
from lepton_studio.gui.widgets.map_plan import Block, Path, Wall, plan_wall
from lepton_studio.gui.widgets.map_sheet import MapSheet
from lepton_studio.gui.widgets.map_wall_painter import MapWallPainter
from lepton_studio.gui.widgets.value_colours import short_number

KEYS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


class MapWall(QWidget):
    """Paints the layers; one scale for each of them, which grows at once and shrinks slowly.

    Signals:
        tile_chosen: the path of a layer and which of its tiles was clicked or entered.
        menu_wanted: likewise, and where on the screen.
        cursor_moved: the keys have gone to a tile: its place on the wall, to be scrolled to.
    """

    tile_chosen = Signal(object, int)
    menu_wanted = Signal(object, int, QPoint)
    cursor_moved = Signal(QRect)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.blocks: tuple[Block, ...] = ()
        self.wall = Wall()
        self._values: tuple[Values, ...] = ()
        self._off: frozenset[tuple[Path, int]] = frozenset()
        self._levels: list[Levels] = []
        self._sheet: MapSheet | None = None
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
        self.arrange()

    def show_values(self, values: Sequence[Values]) -> None:
        """Lights up: one for each block; none at all makes the wall dark."""
        self._values = tuple(values)
        if self._sheet is not None:
            self._sheet.light(self._values, self._levels)
        self.update()

    def forget_scales(self) -> None:
        """Begins each layer's scale anew with the next picture."""
        self._levels = [Levels(block) for block in self.blocks]

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
        self._sheet = MapSheet(self.wall, self.blocks, self.devicePixelRatioF())
        self._sheet.light(self._values, self._levels)
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

    def byte_at(self, path: Path, number: int, index: int = 0) -> int:
        """How bright a number of a tile is shown, as a byte (see ``map_levels``)."""
        at = next(at for at, block in enumerate(self.blocks) if block.path == path)
        block = self.blocks[at]
        assert self._sheet is not None
        return self._sheet.byte_at(at, number * block.tile[0] * block.tile[1] + index)

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
        self.paint_part(painter, event.rect())
        painter.end()

    def paint_part(self, painter: QPainter, part: QRect) -> None:
        """Paints a part of it, at its place."""
        if self._sheet is None:
            painter.fillRect(part, theme.tokens().surface)
        else:
            self._sheet.paint(painter, part)
        cursor = self._cursor if self.hasFocus() and self._by_keys else (-1, -1)
        marks = MapWallPainter(painter, self.wall, self.blocks)
        marks.paint_marks(self._best(), self._off, self._hovered, cursor)

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
        self.cursor_moved.emit(self.place_of(self.blocks[at].path, number))
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
