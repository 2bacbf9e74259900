"""How each layer learns: the size of its gradients and of its steps, its weights, its dead units."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from lepton_studio.engine import LayerTrace, Snapshot
from lepton_studio.gui import theme
from lepton_studio.gui.live_rest import LiveRest
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.page import second
from lepton_studio.gui.snapshot_trail import SnapshotTrail
from lepton_studio.gui.widgets.epoch_chart import Scale
from lepton_studio.gui.widgets.layer_look import UPDATE_SCALE, Histogram, LayerLook
from lepton_studio.gui.widgets.layer_row_painter import RowPlan
from lepton_studio.gui.widgets.layer_rows import LayerRows

# A number is the median of so many of the newest looks: one step alone may be wild.
NEWEST = 5


class LayersView(QWidget):
    """A row for each layer; follows the monitor while it is seen."""

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Shows what there is."""
        super().__init__(parent)
        self.setObjectName("layers_view")
        self._monitor = monitor
        self._rest = LiveRest(monitor)
        self._seen: tuple[object, ...] = ()
        self._trail = SnapshotTrail()
        self._moments = np.zeros(0)
        self._slopes = UPDATE_SCALE
        self._make_words()
        self.rows = LayerRows()
        self.rows.setObjectName("layer_rows")
        self.rows.row_reached.connect(self._scroll_to)
        self.heads = _Heads((self.tr("Gradient"), self.tr("Step"), self.tr("Weights")))
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The heads above the rows are as wide as they are.
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self.rows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        for part in (self.empty, self.explained, self.heads):
            layout.addWidget(part)
        layout.addWidget(self._area, 1)
        monitor.moved.connect(self._follow)
        # A pause lets it catch up.
        monitor.session.training_changed.connect(self._follow)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        self._show()

    # --- parts

    def _make_words(self) -> None:
        self.empty = second(
            self.tr(
                "Here you will see how each layer learns. Its gradient says how strongly the loss pulls at its "
                "weights; its steps, how much the weights really change. Where both die away towards the first layers, "
                "these learn nothing. Press Start."
            )
        )
        self.empty.setObjectName("layers_empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.explained = second(
            self.tr(
                "Healthy is a step that changes the weights by about a thousandth (green band): ▲ is far more, ▼ far "
                "less. Click a layer for a closer look."
            )
        )
        self.explained.setObjectName("layers_explained")
        self.explained.setToolTip(
            self.tr(
                "Where steps are far too large, the learning rate may be too high; where they are far too small, the "
                "layer hardly learns, as it should at the end of a schedule. Curves are logarithmic: the same way up "
                "is the same factor. The outline over the weights is how they were after epoch 1. A unit is dead if it "
                "answered none of the pictures: it cannot learn any more."
            )
        )

    def _scroll_to(self, place: QRect) -> None:
        # From the bottom up, so that of a place that is too high its top is seen.
        self._area.ensureVisible(0, place.bottom(), 0, 0)
        self._area.ensureVisible(0, place.top(), 0, 0)

    # --- what it shows

    def _follow(self) -> None:
        if self.isVisible() and self._rest.is_due():
            self._show()

    def _show(self) -> None:
        monitor = self._monitor
        snapshot, newest = monitor.snapshot, monitor.newest
        seen = (snapshot, newest, monitor.epoch, len(monitor.trail))
        if seen == self._seen:
            return
        self._seen = seen
        self._rest.note_drawn()
        layers = snapshot.layers if snapshot is not None else ()
        self.empty.setVisible(not layers)
        for part in (self.explained, self.heads, self._area):
            part.setVisible(bool(layers))
        self._trail = monitor.trail.with_live(newest)
        self._moments = self._trail.moments()
        self._slopes = Scale.of(self._trail.slopes)
        self.rows.show_layers([layer.name for layer in layers], self._look_of, self._weights_of)

    def _look_of(self, at: int) -> LayerLook:
        snapshot = self._monitor.snapshot
        if snapshot is None or at >= len(snapshot.layers):
            return LayerLook("")
        trace, trail = snapshot.layers[at], self._trail
        histograms = trail.histograms(at)
        begins_at_one = len(histograms) > 0 and int(trail.epochs[0]) == 1
        first = histograms[0] if begins_at_one and snapshot.epoch > 1 else None
        return LayerLook(
            trace.name,
            self._moments,
            trail.gradients(at),
            trail.updates(at),
            _newest(trace.gradients),
            _newest(trace.updates),
            _weights(trace),
            first,
            trace.dead,
            self._slopes,
            self._last(snapshot),
            self._monitor.epoch,
        )

    def _last(self, snapshot: Snapshot) -> float:
        """The right end of the epochs."""
        ends = (float(self._moments[-1]) if len(self._moments) else 0.0, float(snapshot.epoch))
        return max(1.0, *ends) if self._monitor.epoch is not None else max(1.0, ends[0] or ends[1])

    def _weights_of(self, at: int) -> tuple[NDArray[np.int64], Sequence[Histogram]]:
        histograms = self._trail.histograms(at)
        return self._trail.epochs[: len(histograms)], histograms


class _Heads(QWidget):
    """What the columns of the rows below are."""

    def __init__(self, titles: tuple[str, str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = titles
        line = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS, semibold=True)).height()
        self.setFixedHeight(math.ceil(line) + theme.GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(titles))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme.font_of(theme.SMALL_PIXELS, semibold=True)
        painter.setFont(font)
        painter.setPen(QColor(theme.tokens().second_text))
        bar = self.style().pixelMetric(self.style().PixelMetric.PM_ScrollBarExtent)
        for title, column in zip(self._titles, RowPlan.fitted(self.width() - bar).columns, strict=True):
            text = QFontMetricsF(font).elidedText(title, Qt.TextElideMode.ElideRight, column.width())
            painter.drawText(QRectF(column.left(), 0, column.width(), self.height()), Qt.AlignmentFlag.AlignLeft, text)


def _newest(sizes: NDArray[np.float32]) -> float:
    known = sizes[np.isfinite(sizes)][-NEWEST:]
    return float(np.median(known)) if len(known) else math.nan


def _weights(trace: LayerTrace) -> Histogram:
    return trace.counts.astype(np.float32), trace.edges
