"""The end of a wall of maps, the answer, which stays in sight while the layers above it are scrolled."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.map_wall import MapWall


class MapFoot(QWidget):
    """Lies over the lower end of what is seen of a wall: where its last layer is itself when all is scrolled."""

    def __init__(self, wall: MapWall, area: QAbstractScrollArea) -> None:
        """Takes the wall that the area shows."""
        super().__init__(area.viewport())
        self.setObjectName("map_foot")
        self._wall, self._viewport = wall, area.viewport()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        for each in (wall, self._viewport):
            each.installEventFilter(self)
        self.hide()

    def arrange(self) -> None:
        """Hides where the whole wall is in sight, or where layers stand beside each other."""
        wall, seen = self._wall, self._viewport.size()
        is_needed = bool(wall.blocks) and not wall.wall.is_flat and wall.height() > seen.height()
        if is_needed:
            height = wall.height() - self._top()
            self.setGeometry(0, seen.height() - height, wall.width(), height)
            self.raise_()
        self.setVisible(is_needed)

    # --- Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.arrange()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, top = QPainter(self), self._top()
        painter.translate(0, -top)
        self._wall.paint_part(painter, QRect(0, top, self.width(), self.height()))
        painter.fillRect(0, top, self.width(), 1, theme.tokens().line)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        tile = self._wall.tile_at(event.position().toPoint() + QPoint(0, self._top()))
        if tile is not None and event.button() == Qt.MouseButton.LeftButton:
            self._wall.tile_chosen.emit(*tile)

    # --- inside

    def _top(self) -> int:
        """Where the last layer begins on the wall, and a little above it."""
        return round(self._wall.wall.placed[-1].place[1]) - 2
