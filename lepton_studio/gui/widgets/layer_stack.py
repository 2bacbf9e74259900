"""The tree of layers as rows: what each makes of its input, and where it does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from lepton_studio.gui import theme

ROW_HEIGHT = 44


@dataclass(frozen=True)
class StackRow:
    """One row.

    Attributes:
        path: where the layer is in the tree; empty for the input.
        title: its name.
        detail: its settings, in a few words.
        shape: what comes out ("32 × 14 × 14"), empty if unknown.
        cost: its parameters ("320 parameters"), empty if none.
        error: why it cannot be built; empty if it can.
    """

    path: tuple[int, ...]
    title: str
    detail: str = ""
    shape: str = ""
    cost: str = ""
    error: str = ""


class LayerStack(QListWidget):
    """Shows the rows from the input down and keeps one chosen.

    Signals:
        layer_chosen: the path of the chosen row.
        remove_wanted: Delete was pressed.
        move_wanted: Alt+Up (-1) or Alt+Down (+1) was pressed.
    """

    layer_chosen = Signal(object)
    remove_wanted = Signal()
    move_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._rows: list[StackRow] = []
        self.setItemDelegate(_RowDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(theme.px(180))
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Layers"))
        self.currentRowChanged.connect(self._row_changed)

    @property
    def chosen_path(self) -> tuple[int, ...]:
        """The path of the chosen layer; empty for the input."""
        row = self.currentRow()
        return self._rows[row].path if 0 <= row < len(self._rows) else ()

    def show_rows(self, rows: list[StackRow], chosen: tuple[int, ...]) -> None:
        """Shows other rows and chooses a path, without saying so."""
        blocked = self.blockSignals(True)
        if rows != self._rows:
            self._rows = rows
            while self.count() > len(rows):
                self.takeItem(self.count() - 1)
            while self.count() < len(rows):
                self.addItem(QListWidgetItem())
            for number, row in enumerate(rows):
                item = self.item(number)
                item.setData(Qt.ItemDataRole.UserRole, row)
                item.setText(f"{row.title} {row.detail} {row.shape}")
                item.setToolTip(row.error)
        paths = [row.path for row in rows]
        if chosen in paths:
            self.setCurrentRow(paths.index(chosen))
        self.blockSignals(blocked)
        self.viewport().update()

    def keyPressEvent(self, event: object) -> None:
        key, modifiers = event.key(), event.modifiers()  # type: ignore[attr-defined]
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_wanted.emit()
        elif modifiers & Qt.KeyboardModifier.AltModifier and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_wanted.emit(-1 if key == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]

    def _row_changed(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self.layer_chosen.emit(self._rows[row].path)


class _RowDelegate(QStyledItemDelegate):
    """Paints a row: a coloured edge, the name, the settings, the shape and the cost at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        return QSize(theme.px(120), theme.px(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        row: StackRow = index.data(Qt.ItemDataRole.UserRole)  # type: ignore[attr-defined]
        colours = theme.tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gap = theme.px(theme.GRID)
        indent = theme.px(20) * max(0, len(row.path) - 1)
        card = QRectF(option.rect).adjusted(gap + indent, gap / 2, -gap, -gap / 2)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(QColor(colours.bad if row.error else colours.accent if chosen else colours.line))
        painter.setBrush(QColor(colours.raised if chosen else colours.surface))
        painter.drawRoundedRect(card, theme.RADIUS, theme.RADIUS)
        edge = QRectF(card.x(), card.y(), theme.px(4), card.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.bad if row.error else colours.accent if chosen else colours.line))
        painter.drawRoundedRect(edge, 2, 2)
        self._paint_words(painter, card.adjusted(theme.px(14), 0, -theme.px(12), 0), row)
        painter.restore()

    def _paint_words(self, painter: QPainter, area: QRectF, row: StackRow) -> None:
        colours = theme.tokens()
        middle = Qt.AlignmentFlag.AlignVCenter
        strong, small = theme.font_of(theme.BODY_PIXELS, semibold=True), theme.font_of(theme.SMALL_PIXELS)
        metrics = QFontMetricsF(small)
        right = max(metrics.horizontalAdvance(row.shape), metrics.horizontalAdvance(row.cost))
        painter.setFont(strong)
        painter.setPen(QColor(colours.bad if row.error else colours.text))
        gap = theme.px(12)
        title = QFontMetricsF(strong).elidedText(row.title, Qt.TextElideMode.ElideRight, area.width() - right - gap)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | middle, title)
        used = QFontMetricsF(strong).horizontalAdvance(title) + gap
        painter.setFont(small)
        painter.setPen(QColor(colours.bad if row.error else colours.second_text))
        room = area.adjusted(used, 0, -right - theme.px(8), 0)
        words = metrics.elidedText(row.error or row.detail, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | middle, words)
        if row.shape:
            painter.setPen(QColor(colours.text))
            top = area.adjusted(0, theme.px(5), 0, -area.height() / 2) if row.cost else area
            painter.drawText(top, Qt.AlignmentFlag.AlignRight | middle, row.shape)
        if row.cost:
            painter.setPen(QColor(colours.second_text))
            painter.drawText(
                area.adjusted(0, area.height() / 2, 0, -theme.px(5)),
                Qt.AlignmentFlag.AlignRight | middle,
                row.cost,
            )
