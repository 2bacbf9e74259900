"""Why: which pixels the answer hangs on, and which stroke mattered, while somebody draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QScrollArea, QSlider, QVBoxLayout, QWidget

from lepton_studio.engine import Explanation, Part, Stroke, StrokeOcclusion, placing_of
from lepton_studio.gui import theme
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.page import second, section
from lepton_studio.gui.why_asking import WhyAsking
from lepton_studio.gui.why_question import WhyQuestion
from lepton_studio.gui.why_wording import map_caption, scale_ends, stroke_cells, strokes_title, strokes_words
from lepton_studio.gui.widgets.heat_colours import clear_heat
from lepton_studio.gui.widgets.heat_legend import HeatLegend
from lepton_studio.gui.widgets.heat_view import HeatView
from lepton_studio.gui.widgets.painting import image_of
from lepton_studio.gui.widgets.stroke_strip import StrokeStrip

# Designed height of the map: 28 pixels of eight.
MAP_HEIGHT = 226
# On the canvas ink must be seen through the map.
CANVAS_SHARE = 0.75
# How the settings of the view are kept while pages are made anew.
KEPT = "why_settings"


class WhyView(QScrollArea):
    """A column to scroll, with the map on top; follows the easel while it is seen. Its owner calls :meth:`stop`.

    Signals:
        overlay_changed: ``overlay``, to be laid over the drawing, or the place where it lies, is another.
    """

    overlay_changed = Signal()

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Shows what there is as soon as it is seen."""
        super().__init__(parent)
        self.setObjectName("why_view")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._easel = easel
        self._overlay: QImage | None = None
        self._overlay_square = QRectF()
        self._explanation: Explanation | None = None
        self._weighed: StrokeOcclusion | None = None
        self.question = WhyQuestion(easel.session.property(KEPT))
        self._make_map()
        self._make_strokes()
        self._asking = WhyAsking(easel, self, self.question.explainer)
        self._asking.looked.connect(self._look)
        self._asking.explained.connect(self._show_map)
        self._asking.strokes_weighed.connect(self._show_strokes)
        self._asking.refused.connect(self._refuse)
        self.question.changed.connect(self._ask)
        self._lay_out()
        easel.network_changed.connect(self._take_network)
        self._take_network()
        self._look(None)

    @property
    def overlay(self) -> QImage | None:
        """The map with clear places where it says nothing, in pixels of the network's picture; None: nothing."""
        return self._overlay

    @property
    def overlay_square(self) -> QRectF:
        """Where the overlay lies, in shares of the canvas's side or of the photograph; it may reach over the edges."""
        return self._overlay_square

    @property
    def is_over_photograph(self) -> bool:
        """Whether it lies over a photograph rather than over a drawing."""
        return self._easel.photograph is not None

    @property
    def is_settled(self) -> bool:
        """Whether all that was asked is answered."""
        return self._asking.is_settled

    def stop(self) -> None:
        """Ends the work for good."""
        self._asking.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        self._asking.follow()

    def hideEvent(self, event: QHideEvent) -> None:
        """Takes the overlay away."""
        super().hideEvent(event)
        self._lay_over(None)

    # --- parts

    def _make_map(self) -> None:
        self.empty = second(
            self.tr(
                "Here you will see why the network answers as it does: which pixels of your drawing speak for the "
                "answer and which against it, and what would be read without each of your strokes. Draw a digit."
            )
        )
        self.empty.setObjectName("why_empty")
        self.map = HeatView()
        self.map.setObjectName("why_map")
        self.map.setFixedHeight(theme.px(MAP_HEIGHT))
        self.legend = HeatLegend()
        self.legend.setObjectName("why_legend")
        self.caption = _plain("why_caption")
        self.trouble = _plain("why_trouble", "bad")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setObjectName("why_opacity")
        self.opacity.setRange(0, 100)
        self.opacity.setAccessibleName(self.tr("Opacity of the map"))
        self.opacity.setToolTip(self.tr("How much the map covers what is below it"))
        self.on_canvas = QCheckBox(self.tr("On the canvas, too"))
        self.on_canvas.setObjectName("why_on_canvas")
        self.on_canvas.setToolTip(self.tr("Lays the map over what you draw, or over the picture that lies there"))
        kept = self._easel.session.property(KEPT) or {}
        self.opacity.setValue(kept.get("opacity", 85))
        self.on_canvas.setChecked(kept.get("on_canvas", True))
        self.map.set_opacity(self.opacity.value() / 100)
        self.opacity.valueChanged.connect(self._set_opacity)
        self.on_canvas.toggled.connect(self._set_opacity)

    def _make_strokes(self) -> None:
        self._strokes_title = section("")
        self.told = _plain("why_told")
        self.strokes = StrokeStrip()
        self.strokes.setObjectName("why_strokes")
        self.strokes.stroke_hovered.connect(self._mark)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(self.on_canvas)
        row.addWidget(self.opacity, 1)
        self._content, column, tools = QWidget(), QWidget(), QWidget()
        row.setContentsMargins(0, 0, 0, 0)
        tools.setLayout(row)
        inside: tuple[QWidget, ...] = (
            self.caption, self.map, self.legend, tools, self._strokes_title, self.strokes, self.told,
        )  # fmt: skip
        outside: tuple[QWidget, ...] = (self.question, self.trouble, self._content, self.empty)
        for holder, parts in ((self._content, inside), (column, outside)):
            layout = QVBoxLayout(holder)
            layout.setContentsMargins(0, 0, theme.GAP_SMALL if holder is column else 0, 0)
            layout.setSpacing(theme.GAP_SMALL)
            for part in parts:
                layout.addWidget(part)
            layout.addStretch(1)
        self.setWidget(column)

    # --- what people do

    def _ask(self) -> None:
        self._keep()
        self.trouble.hide()
        self._asking.ask(self.question.explainer, self.question.other)

    def _set_opacity(self) -> None:
        self.map.set_opacity(self.opacity.value() / 100)
        self._lay_over(None if self.map.is_old else self._explanation)
        self._keep()

    def _keep(self) -> None:
        kept = self.question.settings() | {"opacity": self.opacity.value(), "on_canvas": self.on_canvas.isChecked()}
        self._easel.session.setProperty(KEPT, kept)

    def _mark(self, number: int) -> None:
        parts = self._weighed.parts if self._weighed is not None else ()
        if 0 <= number < len(parts):
            self.map.mark_line(parts[number].places)
            self.told.setText(self.strokes.cells[number].tip)
        else:
            self.map.mark_line(None)
            self._say_strokes()

    # --- what is shown

    def _take_network(self) -> None:
        predictor = self._easel.predictor
        self.question.take_network(predictor)
        self.trouble.hide()

    def _look(self, part: Part | None) -> None:
        """Shows a drawing of which nothing is known yet."""
        self.empty.setVisible(part is None)
        self._content.setVisible(part is not None)
        self.strokes.mark_old()
        self.map.set_drawing(part.picture if part is not None else None)
        self._lay_over(None)
        if part is None:
            self._explanation = self._weighed = None
            self.map.mark_line(None)
            self.strokes.show_cells(())
            self._say_strokes()
            self.trouble.hide()
        elif self._explanation is not None:
            self.caption.setText(self.tr("This map is of your drawing before. The next one comes when the pen rests."))
        else:
            self.caption.setText(self.tr("The map comes when the pen rests."))

    def _show_map(self, explanation: Explanation) -> None:
        part, signed = self._easel.part, explanation.question.explainer.is_signed
        if part is None:
            return
        self._explanation = explanation
        self.empty.hide()
        self.trouble.hide()
        self._content.show()
        self.map.set_heat(explanation.heat, signed, part.picture)
        if not np.array_equal(explanation.picture, part.picture):
            self.map.set_drawing(part.picture)
        if self._weighed is not None and not np.array_equal(self._weighed.picture, part.picture):
            self.strokes.mark_old()
        self.caption.setText(map_caption(explanation, self._names()))
        self.legend.show_scale(signed, *scale_ends(explanation, self._names()))
        self._lay_over(explanation)

    def _show_strokes(self, weighed: StrokeOcclusion | None) -> None:
        self._weighed = weighed
        self.strokes.show_cells(stroke_cells(weighed, self._names()) if weighed is not None else ())
        self.map.mark_line(None)
        self._say_strokes()

    def _say_strokes(self) -> None:
        self._strokes_title.setText(strokes_title(self._weighed))
        self.told.setText(strokes_words(self._weighed, self._easel.photograph is not None))

    def _refuse(self, text: str) -> None:
        self._explanation = None
        part = self._easel.part
        if part is not None:
            self.empty.hide()
            self._content.show()
            self.map.set_heat(None, False, part.picture)
        self.caption.setText("")
        self._lay_over(None)
        self.trouble.setText(text)
        self.trouble.show()

    def _lay_over(self, explanation: Explanation | None) -> None:
        """Makes the overlay for the canvas, or takes it away."""
        is_wanted = self.on_canvas.isChecked() and self.isVisible()
        place = _place_of(self._easel, self._asking.strokes) if is_wanted else None
        if explanation is None or place is None:
            if self._overlay is not None:
                self._overlay = None
                self.overlay_changed.emit()
            return
        opacity = self.opacity.value() / 100 * CANVAS_SHARE
        self._overlay = image_of(clear_heat(explanation.heat, explanation.question.explainer.is_signed, opacity))
        self._overlay_square = place
        self.overlay_changed.emit()

    def _names(self) -> Any:
        predictor = self._easel.predictor
        return predictor.class_names if predictor is not None else ()


def _place_of(easel: Easel, strokes: Sequence[Stroke]) -> QRectF | None:
    """Where the network's picture lies on what is on the canvas; None if nobody can tell."""
    reader, photograph = easel.reader, easel.photograph
    if reader is None:
        return None
    if photograph is None:
        _, height, width = reader.predictor.shape
        placing = placing_of(strokes, reader.predictor.shape)
        if placing is None:
            return None
        left, top, side, _ = placing.square(1)
        return QRectF(left, top, side * width, side * height)
    parts = reader.known_parts(photograph)
    if parts is None or easel.chosen >= len(parts.frames):
        return None
    left, top, right, bottom = parts.frames[easel.chosen]
    return QRectF(left, top, right - left, bottom - top)


def _plain(name: str, role: str = "second") -> QLabel:
    """A line that names classes, which are what people wrote and no markup."""
    label = second()
    label.setObjectName(name)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
