"""A list of cards that knows how they are laid out: folds containers, keeps what is chosen in view, paints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.stack_painter import CardPainter
from lepton_studio.gui.widgets.stack_plan import INDENT, MARGIN, DropPlace, StackPlan, StackRow

Path = tuple[int, ...]


class StackView(QListWidget):
    """Shows rows: the input first, one for each layer, the output last.

    Signals:
        folding_changed: a container was folded or unfolded.
    """

    folding_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._folded: frozenset[Path] = frozenset()
        self._plan = StackPlan(())
        self._drop: DropPlace | None = None
        self._painter = CardPainter(self)
        self.setProperty("stack", True)
        self.setItemDelegate(self._painter)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there, so that the width of the cards does not depend on their height.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = self.verticalScrollBar()
        # A disabled one is not painted: where everything is seen there is nothing to hold.
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))
        self.setMinimumWidth(theme.px(180))
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)

    @property
    def rows(self) -> tuple[StackRow, ...]:
        """What is shown."""
        return tuple(self._plan.rows)

    @property
    def chosen_path(self) -> Path:
        """The path of the row that settings should show; empty for the input."""
        row = self.currentRow()
        return self._plan.rows[row].path if 0 <= row < len(self._plan.rows) else ()

    @property
    def chosen_paths(self) -> tuple[Path, ...]:
        """The paths of all chosen layers in the order of the tree."""
        chosen = sorted(index.row() for index in self.selectedIndexes())
        return tuple(self._plan.rows[row].path for row in chosen if self._plan.rows[row].kind == "layer")

    def is_open(self, path: Path) -> bool:
        """Whether the cards in a container are shown."""
        return path not in self._folded

    def show_rows(self, rows: list[StackRow], chosen: Path, others: Iterable[Path] = ()) -> None:
        """Shows other rows and chooses layers, without saying so.

        Args:
            rows: the input first, then the layers in the order of the tree, then the output.
            chosen: the path of the row that settings show; an unknown one leaves the choice as it is.
            others: what else is chosen; what lies in a folded container is shown, or the container is chosen, too.
        """
        blocked = self.blockSignals(True)
        before = list(self._plan.rows)
        if rows != before:
            self._folded = frozenset(_carried_over(self._folded, before, rows))
            self._fill(rows, before)
        self._choose(rows, chosen, set(others))
        self.blockSignals(blocked)
        self.viewport().update()

    def set_folded(self, path: Path, folded: bool) -> None:
        """Hides or shows the cards in a container."""
        known = next((row for row in self._plan.rows if row.path == path and row.container), None)
        if known is None or folded == (path in self._folded):
            return
        self._folded = self._folded | {path} if folded else self._folded - {path}
        current = self.chosen_path
        if folded:
            self._leave(path)
        self._lay_out(list(self._plan.rows))
        if folded and current[: len(path)] == path and current != path:
            # What is chosen shall be seen.
            self.setCurrentRow(self._row_of(path))
        self.folding_changed.emit()

    def _leave(self, path: Path) -> None:
        """Lets go of the choice of all that lies in a container: nothing shall be done to what is not seen."""
        left = QItemSelection()
        for index in self.selectedIndexes():
            inside = self._plan.rows[index.row()].path
            if inside[: len(path)] == path and inside != path:
                left.select(index, index)
        self.selectionModel().select(left, QItemSelectionModel.SelectionFlag.Deselect)

    def _fill(self, rows: list[StackRow], before: list[StackRow]) -> None:
        while self.count() > len(rows):
            self.takeItem(self.count() - 1)
        while self.count() < len(rows):
            self.addItem(QListWidgetItem())
        # One new layout for all of it, instead of one word to the view for each text.
        blocked = self.model().blockSignals(True)
        for number, row in enumerate(rows):
            if number < len(before) and before[number] == row:
                continue
            item = self.item(number)
            item.setData(Qt.ItemDataRole.UserRole, row)
            item.setText(" ".join(word for word in (row.title, row.detail, row.shape) if word))
            item.setToolTip(row.tip or row.error)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, row.spoken or item.text())
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, row.error)
            flags = Qt.ItemFlag.ItemIsEnabled
            if row.kind != "output":
                flags |= Qt.ItemFlag.ItemIsSelectable
            if row.kind == "layer":
                flags |= Qt.ItemFlag.ItemIsDragEnabled
            item.setFlags(flags)
        self.model().blockSignals(blocked)
        self._lay_out(rows)

    def _lay_out(self, rows: list[StackRow]) -> None:
        self._plan = self._painter.plan = StackPlan(rows, self._folded, self.viewport().width())
        for number in range(len(rows)):
            if self.isRowHidden(number) != self._plan.is_hidden(number):
                self.setRowHidden(number, self._plan.is_hidden(number))
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def _choose(self, rows: list[StackRow], chosen: Path, others: set[Path]) -> None:
        number = self._row_of(chosen)
        if number < 0:
            return
        # In a folded container that is chosen, all is chosen.
        around = {path[:size] for path in others for size in range(1, len(path))} - others
        for path in (around | {chosen[:size] for size in range(1, len(chosen))}) & self._folded:
            self.set_folded(path, False)
        seen = (at for at, row in enumerate(rows) if row.kind == "layer" and not self._plan.is_hidden(at))
        wanted = {at for at in seen if rows[at].path in others} | {number}
        if wanted != {index.row() for index in self.selectedIndexes()} or self.currentRow() != number:
            moved = self.currentRow() != number
            # By the view, so that Shift goes on from here; what it selects depends on the keys that are held.
            self.setCurrentIndex(self.model().index(number, 0))
            selection = QItemSelection()
            for at in wanted:
                selection.select(self.model().index(at, 0), self.model().index(at, 0))
            self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            if moved:
                self.scrollToItem(self.item(number))

    def _row_of(self, path: Path) -> int:
        return next((at for at, row in enumerate(self._plan.rows) if row.path == path), -1)

    # --- painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.viewport().width() != self._plan.width:
            self._plan.lay_out(self.viewport().width())
            self.scheduleDelayedItemsLayout()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._drop is not None:
            self._paint_drop(self._drop)

    def _paint_drop(self, place: DropPlace) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(theme.tokens().accent)
        left = theme.px(MARGIN) + place.depth * theme.px(INDENT)
        right = self._plan.width - theme.px(MARGIN)
        if place.whole:
            number = self._row_of(place.path[:-1])
            painter.setPen(QPen(colour, theme.scale() * 3))
            painter.drawRoundedRect(self._plan.card_rect(number, self._top_of(number)), theme.RADIUS, theme.RADIUS)
        else:
            painter.setPen(QPen(colour, theme.scale() * 3))
            painter.drawLine(QPointF(left + theme.px(8), place.y), QPointF(right, place.y))
            painter.setBrush(QColor(theme.tokens().surface))
            painter.drawEllipse(QPointF(left + theme.px(4), place.y), theme.px(4), theme.px(4))
        painter.end()

    def _top_of(self, number: int) -> float:
        place: QRect = self.visualItemRect(self.item(number))
        return float(place.top())


def _carried_over(folded: Iterable[Path], before: list[StackRow], after: list[StackRow]) -> Iterator[Path]:
    """The folded containers after an edit: what stands before and after the changed part is the same as it was."""
    same = [(one.title, one.depth) for one in before], [(one.title, one.depth) for one in after]
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if same[0][at] != same[1][at]), shorter)
    tail = next((at for at in range(shorter - head) if same[0][-1 - at] != same[1][-1 - at]), shorter - head)
    places = {row.path: at for at, row in enumerate(before)}
    for path in folded:
        at = places.get(path, -1)
        if at >= len(before) - tail:
            at += len(after) - len(before)
        elif at >= head:
            continue
        if 0 <= at < len(after) and after[at].container:
            yield after[at].path
