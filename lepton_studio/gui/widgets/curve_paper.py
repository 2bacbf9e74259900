"""A plot of one quantity of a run: every batch faint, their trend, one point for each epoch, other runs beside.

It is painted by hand rather than with a library for plots: a redraw takes six tenths of the time, and the same strokes
go to a file. What rests while the curves grow (grid, figures, other runs) is kept as a picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAccessible, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.curve_axis import Axis, written
from lepton_studio.gui.widgets.curve_data import (
    Band,
    CurveChoices,
    CurveData,
    CurveMark,
    HoverText,
    Overlay,
    overlay_colour,
)
from lepton_studio.gui.widgets.curve_ground import RestingGround, paint_card
from lepton_studio.gui.widgets.curve_heights import HeightRule, heights_of, visible
from lepton_studio.gui.widgets.curve_painter import CurvePainter, heights_at
from lepton_studio.gui.widgets.curve_picture import LOW, CurvePicture, paper_of
from lepton_studio.gui.widgets.curve_span import CurveSpan
from lepton_studio.gui.widgets.curve_thinning import Trend

NOTHING = CurveData(np.empty(0, np.float32), np.empty(0, np.float64))
# Below this, in designed pixels, names of what happened would cover the curves.
ROOM_FOR_NAMES, ROOM_FOR_BEST = 150, 80


class CurvePaper(QWidget):
    """Paints what it was told last. Telling costs next to nothing; painting happens if somebody looks."""

    def __init__(
        self,
        title: str,
        unit: str = "",
        *,
        highest: float | None = None,
        log: bool | None = False,
        role: str = "train",
        parent: QWidget | None = None,
    ) -> None:
        """Names the quantity.

        Args:
            title: what the numbers are.
            unit: written behind the title.
            highest: fixes the top of the axis, as 100 % does.
            log: whether the axis counts in powers of ten; None: as the choices say.
            role: which colour of the theme its curve has.
            parent: the widget around it.
        """
        super().__init__(parent)
        self._title, self._unit, self._highest, self._log, self._role = title, unit, highest, log, role
        self.span = CurveSpan(self)
        self._connect_span()
        self.choices = CurveChoices()
        self.is_above = False
        # What a low plot, or one whose curves are at the top, has no room for.
        self.has_figures_below = self.names_marks = True
        self._data: CurveData | None = None
        self._trend = Trend()
        self._overlays: tuple[tuple[Overlay, Trend], ...] = ()
        self._bands: tuple[Band, ...] = ()
        self._y_zoom: tuple[float, float] | None = None
        self._pointer_text = HoverText()
        self._picture: CurvePicture | None = None
        self._ground = RestingGround()
        self._beside = 0
        self._painted = QPixmap()
        self._placeholder = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._placeholder.setProperty("role", "second")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_LARGE, theme.GAP, theme.GAP_LARGE, theme.GAP)
        layout.addWidget(self._placeholder)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(theme.px(56))
        give_role(self, QAccessible.Role.Chart)
        self.setAccessibleName(title)

    # --- what it is told

    @property
    def trend(self) -> NDArray[np.float32]:
        """One smoothed number for each batch."""
        if self._data is not None:
            self._trend.extend(self._data.batches, self._data.source or self._data, self.choices.smoothing)
        return self._trend.values if self._data is not None else np.empty(0, np.float32)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to paint."""
        is_without_run = self._data is None or not len(self._data.batches)
        return is_without_run and not self._overlays and not self._bands

    def set_placeholder(self, text: str) -> None:
        """Sets the line that an empty plot shows."""
        self._placeholder.setText(text)

    def link(self, other: CurvePaper) -> None:
        """Shares the x axis of another plot, its crosshair and the epoch that is looked back at."""
        self.span.deleteLater()
        self.span = other.span
        self._connect_span()

    def show_data(self, data: CurveData | None) -> None:
        """Takes new numbers; costs nothing if nothing has changed."""
        before = self._data
        if data is before or (data is not None and before is not None and _are_same(before, data)):
            return
        if before is None or data is None or data.source is not before.source:
            # Another run begins: what was looked at closely is gone.
            self._y_zoom = None
            self.span.reset()
        self._data = data
        self._follow()
        self._renew()

    def set_choices(self, choices: CurveChoices) -> None:
        """Looks at the same numbers in another way."""
        if choices != self.choices:
            if (choices.log, choices.window) != (self.choices.log, self.choices.window):
                self._y_zoom = None
            self.choices = choices
            self._beside += 1
            self._follow()
            self._renew()

    def set_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Lays other runs beside; their trends are worked out once."""
        self._overlays = tuple((overlay, Trend()) for overlay in overlays)
        self._beside += 1
        self._follow()
        self._renew()

    def set_bands(self, bands: Sequence[Band]) -> None:
        """Lays means of several runs beside."""
        self._bands = tuple(bands)
        self._beside += 1
        self._follow()
        self._renew()

    def set_pointer_text(self, text: HoverText) -> None:
        """Sets what stands beside the crosshair."""
        self._pointer_text = text
        self.update()

    # --- pictures

    def picture(self, width: float, height: float) -> CurvePicture:
        """Works out what is painted in some pixels."""
        # The plot below, which shows the same epochs, has the figures.
        has_figures = self.has_figures_below and not (self.is_above and height < theme.px(LOW))
        left, right, top, bottom = paper_of(width, height, has_figures)
        data, x = self._data or NOTHING, self.span.axis(left, right)
        overlays = tuple((overlay, self._trend_of(overlay, trend)) for overlay, trend in self._overlays)
        log = self.choices.log if self._log is None else self._log
        rule = HeightRule(log, self.choices.clip, bool(self.choices.window) or self.span.is_zoomed, self._highest)
        if self._y_zoom is not None:
            low, high = self._y_zoom
        else:
            low, high = heights_of(data, self.trend, overlays, self._bands, axis=x, rule=rule)
        epoch = self.span.epoch
        return CurvePicture(
            width=width,
            height=height,
            title=f"{self._title} ({self._unit})" if self._unit else self._title,
            x=x,
            y=Axis(low, high, bottom, top, log),
            data=data,
            trend=self.trend,
            overlays=overlays,
            bands=self._bands,
            raw=self.choices.raw,
            epoch=(epoch, self.tr("epoch {}").format(epoch)) if epoch is not None else None,
            best=self._best_words(data) if bottom - top > theme.px(ROOM_FOR_BEST) else "",
            note=self._note(data, x, high),
            x_title=self.tr("Epoch") if has_figures else "",
            role=self._role,
            names_marks=self.names_marks and bottom - top > theme.px(ROOM_FOR_NAMES),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        # Whatever goes wrong inside: a painter that is not ended takes the whole program with it.
        with QPainter(self) as painter:
            if self.is_empty:
                paint_card(painter, theme.tokens(), self.width(), self.height())
                return
            picture = self._current()
            painter.drawPixmap(0, 0, self._painted)
            at = self.span.pointer
            if at is not None and picture.x.low <= at <= picture.x.high:
                pen = CurvePainter(painter, theme.tokens())
                pen.paint_pointer(picture, at, self.heights_at(at), self._pointer_text)

    def heights_at(self, at: float) -> list[tuple[float, str]]:
        """Where the curves are at a place: the height of each, and its colour."""
        data = self._data or NOTHING
        own = (heights_at(data.ends, self.trend, at), str(getattr(theme.tokens(), self._role)))
        return [own, *((height, colour) for _, height, colour in self.others_at(at))]

    def others_at(self, at: float) -> list[tuple[str, float, str]]:
        """Name, height and colour of each run and mean that lies beside, at a place that it reaches."""
        is_dark = theme.tokens() is theme.DARK
        found = [
            (overlay.name, heights_at(overlay.ends, self._trend_of(overlay, trend), at), overlay.look)
            for overlay, trend in self._overlays
        ]
        found += [(band.name, heights_at(band.x, band.mean, at), band.look) for band in self._bands]
        return [(name, height, overlay_colour(look, is_dark)) for name, height, look in found if math.isfinite(height)]

    @property
    def marks(self) -> tuple[CurveMark, ...]:
        """What happened to the run."""
        return (self._data or NOTHING).marks

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(480), theme.px(220))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._renew()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._renew()

    # --- inside

    def _connect_span(self) -> None:
        self.span.moved.connect(self._renew)
        self.span.looked_back.connect(self._renew)
        self.span.pointed.connect(self.update)

    def _renew(self) -> None:
        """Paints anew when somebody looks."""
        self._picture = None
        self._placeholder.setVisible(self.is_empty)
        self.update()

    def _follow(self) -> None:
        """Tells the axis how far the numbers go."""
        others = [overlay.ends for overlay, _ in self._overlays] + [band.x for band in self._bands]
        ends = (self._data or NOTHING).ends
        self.span.follow(ends, [float(each[-1]) for each in others if len(each)], self.choices.window)

    def _current(self) -> CurvePicture:
        """The picture as it is on the screen now, painted if it is old."""
        if self._picture is None:
            self._picture = self.picture(self.width(), self.height())
            key = (self._beside, theme.tokens().name, theme.scale())
            self._painted = QPixmap(self._ground.painted(self._picture, self.devicePixelRatioF(), key))
            with QPainter(self._painted) as painter:
                CurvePainter(painter, theme.tokens()).paint(self._picture)
        return self._picture

    def _trend_of(self, overlay: Overlay, trend: Trend) -> NDArray[np.float32]:
        trend.extend(overlay.batches, overlay, self.choices.smoothing)
        return trend.values

    def _best_words(self, data: CurveData) -> str:
        if not 1 <= data.best <= len(data.validation) or not math.isfinite(data.validation[data.best - 1]):
            return ""
        value = written(data.validation[data.best - 1])
        unit = f" {self._unit}" if self._unit else ""
        return self.tr("best: {} in epoch {}").format(f"{value}{unit}", data.best)

    def _note(self, data: CurveData, x: Axis, top: float) -> str:
        """What lies outside of the plot, so that nobody thinks that it is not there."""
        with np.errstate(all="ignore"):
            outside = int(np.count_nonzero(visible(data.ends, data.batches, x) > top))
        if not outside:
            return ""
        return self.tr("▲ 1 batch is higher") if outside == 1 else self.tr("▲ {} batches are higher").format(outside)


def _are_same(one: CurveData, other: CurveData) -> bool:
    """Whether a plot of the one shows all of the other; numbers of the same source are never changed."""
    return (
        one.source is other.source
        and len(one.batches) == len(other.batches)
        and (one.train, one.validation, one.best, one.marks) == (other.train, other.validation, other.best, other.marks)
        and (one.source is not None or np.array_equal(one.batches, other.batches, equal_nan=True))
    )
