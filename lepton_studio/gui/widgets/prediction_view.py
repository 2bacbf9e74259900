"""The answer of a network: the class, large enough for the back row, and one bar for each class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Property, QEasingCurve, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme

GLIDE_MILLISECONDS = 100
ANSWER_PIXELS = 88
# Bars nearer to each other than that cannot be read; ten are always there.
LEAST_STEP, FEWEST_BARS = 17.0, 11
# A bar that gets less than this share of the width lies below its name, where a line is high enough for both.
LEAST_BAR, HIGH_STEP = 0.4, 28.0


@dataclass(frozen=True)
class Verdict:
    """The answer to one digit of what was drawn.

    Attributes:
        label: the likeliest class.
        probability: of that class.
        is_known: whether the network may be believed; otherwise the view says that it does not know.
        line: which line of a picture it stands in; a space parts lines.
    """

    label: str
    probability: float
    is_known: bool = True
    line: int = 0


class PredictionView(QWidget):
    """Shows probabilities. The Qt properties are true at once; only the bars take their time to glide.

    The property ``label`` is the likeliest class also where the view says "I don't know"; ``is_known`` tells.

    Signals:
        answer_changed: another class is the most likely one, or none.
        part_chosen: the bars of another digit are wanted: its number, counted from the left.
    """

    answer_changed = Signal()
    part_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with nothing to say."""
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._probabilities: list[float] = []
        self._verdicts: tuple[Verdict, ...] = ()
        self._chosen = 0
        self._places: list[QRectF] = []
        self._shown: list[float] = []
        self._from: list[float] = []
        self._placeholder = ""
        self._glide = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=GLIDE_MILLISECONDS)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._glided)
        self.motion = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(theme.px(200), theme.px(200))

    def set_answer(
        self,
        names: Sequence[str],
        probabilities: Sequence[float],
        verdicts: Sequence[Verdict] = (),
        chosen: int = 0,
    ) -> None:
        """Shows what a network says.

        Args:
            names: of the classes.
            probabilities: of the classes, 0..1, for the chosen digit; none at all empties the view.
            verdicts: the answers to all digits from left to right; without them the likeliest class is the answer.
            chosen: the number of the digit whose probabilities these are.
        """
        before = self._told()
        self._names = tuple(names)
        self._probabilities = [float(probability) for probability in probabilities]
        self._verdicts = tuple(verdicts) or self._likeliest()
        self._chosen = chosen
        several = len(self._verdicts) > 1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if several else Qt.FocusPolicy.NoFocus)
        self.setToolTip(self.tr("Click a digit to see its bars") if several else "")
        if len(self._shown) != len(self._names):
            self._shown = [0.0] * len(self._names)
        target = self._target()
        self._glide.stop()
        if self.motion and self.isVisible() and target != self._shown:
            self._from = list(self._shown)
            self._glide.start()
        else:
            self._shown = target
        said = self.tr("Answer: {}") if self._get_is_known() else self.tr("Answer: I don't know, perhaps {}")
        self.setAccessibleName(said.format(self._get_label() or self.tr("none")))
        self.update()
        if self._told() != before:
            self.answer_changed.emit()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that stands in place of an answer."""
        self._placeholder = text
        self.update()

    def _get_label(self) -> str:
        return "".join(space + verdict.label for space, verdict in zip(self._spaces(), self._verdicts, strict=True))

    def _get_probability(self) -> float:
        return math.prod(verdict.probability for verdict in self._verdicts) if self._verdicts else 0.0

    def _get_probabilities(self) -> list[float]:
        return list(self._probabilities)

    def _get_is_known(self) -> bool:
        return all(verdict.is_known for verdict in self._verdicts)

    label = Property(str, _get_label)
    probability = Property(float, _get_probability)
    probabilities = Property(list, _get_probabilities)
    is_known = Property(bool, _get_is_known)

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(420))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        answer_height = min(theme.px(ANSWER_PIXELS * 1.2), self.height() * 0.32)
        self._paint_answer(painter, QRectF(0, 0, self.width(), answer_height))
        if self._names:
            gap = theme.px(theme.GAP_SMALL)
            self._paint_bars(painter, QRectF(0, answer_height + gap, self.width(), self.height() - answer_height - gap))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        hit = [number for number, place in enumerate(self._places) if place.contains(event.position())]
        if hit and len(self._verdicts) > 1:
            self.part_chosen.emit(hit[0])
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and len(self._verdicts) > 1:
            self.part_chosen.emit(min(max(self._chosen + step, 0), len(self._verdicts) - 1))
        else:
            super().keyPressEvent(event)

    # --- inside

    def _spaces(self) -> list[str]:
        """What stands before each label: a space where another line begins."""
        lines = [verdict.line for verdict in self._verdicts]
        return [" " if line != before else "" for before, line in zip(lines[:1] + lines, lines, strict=False)]

    def _likeliest(self) -> tuple[Verdict, ...]:
        if not self._probabilities:
            return ()
        best = max(range(len(self._names)), key=self._probabilities.__getitem__)
        return (Verdict(self._names[best], self._probabilities[best]),)

    def _likeliest_name(self) -> str:
        return self._likeliest()[0].label if self._probabilities else ""

    def _told(self) -> tuple[str, bool]:
        return self._get_label(), bool(self._get_is_known())

    def _target(self) -> list[float]:
        return self._probabilities or [0.0] * len(self._names)

    def _glided(self, share: float) -> None:
        target = self._target()
        if len(self._from) == len(target):
            self._shown = [old + (new - old) * share for old, new in zip(self._from, target, strict=True)]
            self.update()

    def _paint_answer(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.tokens()
        if not self._probabilities:
            painter.setFont(theme.font_of(theme.SECTION_PIXELS))
            painter.setPen(QColor(colours.second_text))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._placeholder)
            return
        if not self._get_is_known():
            area = self._paint_doubt(painter, area)
        figure_font = theme.font_of(theme.TITLE_PIXELS)
        figure = percent_text(self._get_probability())
        room = area.width() - QFontMetricsF(figure_font).horizontalAdvance(figure) - theme.px(theme.GAP_LARGE)
        self._paint_labels(painter, area, room)
        painter.setFont(figure_font)
        painter.setPen(QColor(colours.second_text))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figure)

    def _paint_doubt(self, painter: QPainter, area: QRectF) -> QRectF:
        """Says that the network does not know; returns the room for what it might be."""
        colours = theme.tokens()
        top = QRectF(area.x(), area.y(), area.width(), area.height() * 0.46)
        font = theme.font_of(theme.TITLE_PIXELS, semibold=True)
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        said = self.tr("I don't know.")
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, said)
        below = QRectF(area.x(), top.bottom(), area.width(), area.height() - top.height())
        quiet = theme.font_of(theme.SECTION_PIXELS)
        painter.setFont(quiet)
        painter.setPen(QColor(colours.second_text))
        perhaps = self.tr("Perhaps")
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, perhaps)
        shift = QFontMetricsF(quiet).horizontalAdvance(perhaps) + theme.px(theme.GAP_SMALL)
        return below.adjusted(shift, 0, 0, 0)

    def _paint_labels(self, painter: QPainter, area: QRectF, room: float) -> None:
        """The answers, as large as fits; of several digits the chosen one is underlined."""
        colours = theme.tokens()
        labels = [verdict.label for verdict in self._verdicts]
        font = theme.font_of(ANSWER_PIXELS, semibold=True)
        # Long class names get smaller letters rather than being cut.
        wide = QFontMetricsF(font).horizontalAdvance(self._get_label())
        shrink = min(1.0, room / max(wide, 1))
        font.setPixelSize(max(theme.px(20), int(min(area.height() * 0.9, font.pixelSize() * shrink))))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        self._places = []
        left = area.x()
        for number, (space, verdict) in enumerate(zip(self._spaces(), self._verdicts, strict=True)):
            left += metrics.horizontalAdvance(space) if space else 0
            place = QRectF(left, area.y(), metrics.horizontalAdvance(verdict.label), area.height())
            self._places.append(place)
            left = place.right()
            painter.setPen(QColor(colours.text if verdict.is_known else colours.second_text))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, verdict.label)
            if len(labels) > 1 and number == self._chosen:
                middle = area.center().y() + metrics.capHeight() * 0.62
                line = QRectF(place.x() + 2, middle, place.width() - 4, max(2.0, theme.px(3.0)))
                painter.fillRect(line, QColor(colours.accent))

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.tokens()
        rows = self._rows(area.height())
        hidden = len(self._names) - len(rows)
        step = min(area.height() / (len(rows) + (hidden > 0)), theme.px(40.0))
        place = _bar_place(painter, self._names, area.width(), step)
        best = self._likeliest_name()
        for row, number in enumerate(rows):
            name = self._names[number]
            line = QRectF(area.x(), area.y() + row * step, area.width(), step)
            self._paint_bar(painter, place.translated(line.topLeft()), self._shown[number], name == best)
            if place.x() == 0:
                line.setHeight(place.y())
            painter.setPen(QColor(colours.text if name == best else colours.second_text))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            if self._probabilities:
                text = percent_text(self._probabilities[number])
                painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if hidden:
            painter.setPen(QColor(colours.second_text))
            more = self.tr("and {} more") if not self._probabilities else self.tr("and {} that are less likely")
            line = QRectF(area.x(), area.y() + len(rows) * step, area.width(), step)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, more.format(hidden))

    def _paint_bar(self, painter: QPainter, track: QRectF, share: float, is_best: bool) -> None:
        colours, round_ = theme.tokens(), track.height() / 4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(track, round_, round_)
        if share > 0.002:
            painter.setBrush(QColor(colours.accent if is_best and self._get_is_known() else colours.second_text))
            track.setWidth(max(2.0, track.width() * share))
            painter.drawRoundedRect(track, round_, round_)

    def _rows(self, height: float) -> list[int]:
        """The classes that have a bar: all, or the likeliest first where so many could not be read."""
        count = len(self._names)
        fits = int(height / theme.px(LEAST_STEP))
        if count <= max(fits, FEWEST_BARS):
            return list(range(count))
        target = self._target()
        return sorted(range(count), key=lambda number: -target[number])[: max(fits, FEWEST_BARS) - 1]


def percent_text(share: float) -> str:
    """0.984 as "98.4 %"."""
    return f"{share:.1%}".replace("%", " %")


def _bar_place(painter: QPainter, names: Sequence[str], width: float, step: float) -> QRectF:
    """Where a whole bar lies in its line: between name and figure, or below both. Sets the font of the lines."""
    font = theme.font_of(theme.BODY_PIXELS + 2)
    # Where there is little room, smaller letters rather than lines that touch.
    font.setPixelSize(max(theme.px(9), min(font.pixelSize(), int(step * 0.85))))
    metrics = QFontMetricsF(font)
    # Of all names, also those that are not shown: bars that change their length mean something else.
    name_width = max(metrics.horizontalAdvance(name) for name in names) + theme.px(10)
    room = width - name_width - metrics.horizontalAdvance("100.0 %") - theme.px(6)
    if room < LEAST_BAR * width and step >= theme.px(HIGH_STEP):
        font.setPixelSize(min(font.pixelSize(), int(step * 0.45)))
        top = min(step * 0.62, QFontMetricsF(font).height())
        painter.setFont(font)
        return QRectF(0, top, width, min(step - top - theme.px(4.0), theme.px(14.0)))
    painter.setFont(font)
    bar = min(step * 0.62, theme.px(22.0))
    return QRectF(name_width, (step - bar) / 2, max(10.0, room), bar)
