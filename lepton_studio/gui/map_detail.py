"""One map of a layer, enlarged: its kernels, the arithmetic of each of its cells, and what happens without it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from lepton_studio.engine import (
    ANSWER,
    LayerOutput,
    Part,
    ReceptiveFields,
    kernels_of,
    take_apart,
)  # fmt: skip
from lepton_studio.gui import theme
from lepton_studio.gui.arithmetic_view import ArithmeticView
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.intervention_note import interventions_of
from lepton_studio.gui.kernel_view import KernelView
from lepton_studio.gui.map_head import MapHead
from lepton_studio.gui.map_switches import MapSwitches
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.cell_map import CellMap
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.value_colours import short_number

Path = tuple[int, ...]
Floats = NDArray[np.float32]

# Designed pixels.
LARGEST_MAP, SMALLEST_MAP = 230, 120
FLAT = 1.6


@dataclass(frozen=True, eq=False)
class Chosen:
    """What is enlarged.

    Attributes:
        path: of the layer; the empty one is the answer.
        number: which map of a picture; 0 for what is one picture.
        title: of the layer.
        about: what it does, in a sentence.
    """

    path: Path
    number: int
    title: str
    about: str


class MapDetail(QScrollArea):
    """Follows the drawing while it is seen.

    Signals:
        closed: the person wants to see all layers again.
        turned: the map before (-1) or after (+1) is wanted.
    """

    closed = Signal()
    turned = Signal(int)

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Shows nothing yet."""
        super().__init__(parent)
        self.setObjectName("map_detail")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._easel = easel
        self._chosen: Chosen | None = None
        self._output: Floats = np.zeros(0, np.float32)
        self._columns, self._first = 1, 0
        self._fields: ReceptiveFields | None = None
        self._make_parts()

    @property
    def chosen(self) -> Chosen | None:
        """What is enlarged; None while nothing is."""
        return self._chosen

    @property
    def cell(self) -> tuple[int, ...]:
        """The cell that is taken apart, in the output of the layer."""
        row, column = self.map.frame[:2] if self.map.frame is not None else (0, 0)
        if self._output.ndim == 3 and self._chosen is not None:
            return self._chosen.number, row, column
        if self._output.ndim == 2:
            return row, column
        return (min(row * self._columns + column, len(self._output) - 1),)

    @property
    def channel(self) -> int:
        """The map, the feature or the unit that can be switched off."""
        return self.cell[-1] if self._output.ndim < 3 else self.cell[0]

    def choose(self, chosen: Chosen, cell: int = 0) -> None:
        """Enlarges another map; ``cell``: which number of a row is looked at first."""
        same_layer = self._chosen is not None and self._chosen.path == chosen.path
        self._chosen = chosen
        if not same_layer:
            self.map.set_frame(None)
        self._first = cell
        predictor = self._easel.predictor
        kernels = kernels_of(predictor, chosen.path) if predictor is not None else None
        self.kernels.show_kernels(kernels, chosen.number)

    def let_go(self) -> None:
        """Enlarges nothing."""
        self._chosen = None

    def forget_network(self) -> None:
        """Another network answers."""
        self._fields = None

    def show_output(self, output: LayerOutput, scale: tuple[float, float], part: Part | None) -> None:
        """Shows what the chosen layer makes of the drawing now.

        Args:
            output: of the layer.
            scale: lowest and highest number of the colours.
            part: what is drawn; None while nothing is.
        """
        if self._chosen is None:
            return
        self._output = output.output
        values = self._as_picture()
        self.map.set_values(values, *scale)
        if self.map.frame is None:
            row, column = self._strongest(values)
            self.map.set_frame((row, column, row + 1, column + 1))
        self.head.show_caption(self._caption_text(output), can_turn=self._output.ndim == 3)
        if part is not None:
            self.picture.set_picture(part.picture)
        else:
            predictor = self._easel.predictor
            self.picture.set_picture(np.zeros(predictor.shape if predictor else (1, 1, 1), np.uint8))
        self._show_cell()

    # --- parts

    def _make_pictures(self) -> QVBoxLayout:
        self.map = CellMap(is_pointed=True)
        self.map.setObjectName("enlarged_map")
        self.map.setAccessibleName(self.tr("Map, enlarged: arrow keys move the cell"))
        self.map.cell_pointed.connect(self._show_cell)
        self.picture = CellMap(is_pointed=False)
        self.picture.setObjectName("map_picture")
        pictures = QHBoxLayout()
        pictures.setSpacing(theme.GAP_SMALL)
        self._seen = second()
        self._seen.setMinimumWidth(1)
        pictures.addWidget(self.map, 1)
        pictures.addWidget(self.picture, 1)
        column = QVBoxLayout()
        column.setSpacing(theme.GAP_SMALL)
        column.addLayout(pictures)
        column.addWidget(self._seen)
        self.switches = MapSwitches(self._easel)
        column.addWidget(self.switches)
        column.addStretch(1)
        return column

    def _make_sums(self) -> QVBoxLayout:
        self.arithmetic = ArithmeticView()
        self.arithmetic.setObjectName("map_arithmetic")
        self.kernels = KernelView()
        column = QVBoxLayout()
        column.setSpacing(theme.GAP_SMALL)
        for part in (self.arithmetic, self.kernels):
            column.addWidget(part)
        column.addStretch(1)
        return column

    def _make_parts(self) -> None:
        self.head = MapHead()
        self.head.closed.connect(self.closed)
        self.head.turned.connect(self.turned)
        self._columns_layout = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._columns_layout.setSpacing(theme.GAP)
        self._columns_layout.addLayout(self._make_pictures(), 1)
        self._columns_layout.addLayout(self._make_sums(), 1)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, theme.GAP_SMALL, theme.GAP_SMALL)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.head)
        layout.addLayout(self._columns_layout)
        layout.addStretch(1)
        self.setWidget(content)

    # --- what it shows

    def _as_picture(self) -> Floats:
        """What is enlarged as rows and columns."""
        assert self._chosen is not None
        if self._output.ndim == 3:
            one: Floats = self._output[min(self._chosen.number, len(self._output) - 1)]
            return one
        if self._output.ndim == 2:
            return self._output
        count = len(self._output)
        self._columns = _columns(count)
        lines = -(-count // self._columns)
        filled = np.zeros(lines * self._columns, np.float32)
        filled[:count] = self._output
        return filled.reshape(lines, self._columns)

    def _strongest(self, values: Floats) -> tuple[int, int]:
        """Where to look first: the number that was asked for, else the strongest."""
        if self._output.ndim == 1:
            return divmod(min(self._first, len(self._output) - 1), self._columns)
        row, column = np.unravel_index(int(np.nan_to_num(values).argmax()), values.shape)
        return int(row), int(column)

    def _caption_text(self, output: LayerOutput) -> str:
        assert self._chosen is not None
        if output.output.ndim == 3:
            values = output.output[self._chosen.number]
            span = f"{short_number(float(values.min()))} … {short_number(float(values.max()))}"
            text = self.tr("{0}: map {1} of {2}, {3}")
            return text.format(self._chosen.title, self._chosen.number, output.shape[0], span)
        span = f"{short_number(output.lowest)} … {short_number(output.highest)}"
        if output.output.ndim == 2:
            return self.tr("{0}: steps down, features across, {1}").format(self._chosen.title, span)
        return self.tr("{0}: {1} numbers, {2}").format(self._chosen.title, output.shape[0], span)

    def _show_cell(self) -> None:
        """Takes the cell apart and outlines what it can see."""
        predictor, part, chosen = self._easel.predictor, self._easel.part, self._chosen
        if predictor is None or chosen is None or not self._output.size:
            return
        cell, picture = self.cell, part.picture if part is not None else np.zeros(predictor.shape, np.uint8)
        temperature = self._easel.reader.calibration.temperature if self._easel.reader is not None else 1.0
        taken = take_apart(predictor, picture, chosen.path, cell, temperature)
        self.arithmetic.show_cell(taken, predictor.class_names, chosen.about)
        if self._fields is None:
            self._fields = ReceptiveFields(predictor)
        top, left, bottom, right = self._fields.of(chosen.path, cell)
        self.picture.set_frame((top, left, bottom, right))
        self._seen.setText(self._cell_text(cell, (bottom - top, right - left)))
        self.switches.show_channel(chosen.path, self.channel, self._output.ndim)
        is_off = interventions_of(self._easel).is_off(chosen.path, self.channel)
        self.map.set_crossed(self._output.ndim == 3 and is_off)

    def _cell_text(self, cell: tuple[int, ...], field: tuple[int, int]) -> str:
        size = self.tr("{0} × {1} pixels").format(*field)
        if len(cell) == 3:
            return self.tr("Row {0}, column {1} sees the framed part of the drawing: {2}.").format(
                cell[1], cell[2], size
            )
        if len(cell) == 2:
            return self.tr("Step {0} sees the framed part of the drawing: {1}.").format(cell[0], size)
        predictor = self._easel.predictor
        is_answer = self._chosen is not None and self._chosen.path == ANSWER and predictor is not None
        name = predictor.class_names[cell[0]] if is_answer and predictor is not None else str(cell[0])
        text = (
            self.tr("Class {0} sees {1} of the drawing.") if is_answer else self.tr("Unit {0} sees {1} of the drawing.")
        )
        return text.format(name, size)

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width, height = self.viewport().width(), self.viewport().height()
        is_flat = width > FLAT * height
        beside = QBoxLayout.Direction.LeftToRight
        self._columns_layout.setDirection(beside if is_flat else QBoxLayout.Direction.TopToBottom)
        room = (width // 2 if is_flat else width) - theme.GAP_SMALL * 2
        side = min(theme.px(LARGEST_MAP), max(theme.px(SMALLEST_MAP), room // 2))
        for part in (self.map, self.picture):
            part.setFixedHeight(min(side, max(theme.px(SMALLEST_MAP), height // 3)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.turned.emit(-1 if event.key() == Qt.Key.Key_PageUp else 1)
        else:
            super().keyPressEvent(event)


def about_layer(doc: str | None) -> str:
    """What a layer does: the first sentence that is written for learners."""
    return spec_text((doc or "").strip().split("\n")[0])


def _columns(count: int) -> int:
    """How many numbers of a row stand in a line, so that all of them are about a square, full to the end if can be."""
    least = math.isqrt(count - 1) + 1 if count > 1 else 1
    fitting: Sequence[int] = [each for each in range(least, 2 * least + 1) if count % each == 0]
    return fitting[0] if fitting else least
