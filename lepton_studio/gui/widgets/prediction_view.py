"""The answer of a network: the class, large enough for the back row, and one bar for each class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Property, QEasingCurve, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lepton_studio.gui import theme

GLIDE_MILLISECONDS = 100
ANSWER_PIXELS = 88


class PredictionView(QWidget):
    """Shows probabilities. The Qt properties are true at once; only the bars take their time to glide.

    Signals:
        answer_changed: another class is the most likely one, or none.
    """

    answer_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with nothing to say."""
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._probabilities: list[float] = []
        self._shown: list[float] = []
        self._from: list[float] = []
        self._placeholder = ""
        self._glide = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=GLIDE_MILLISECONDS)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._glided)
        self.motion = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(theme.px(220), theme.px(200))

    def set_answer(self, names: Sequence[str], probabilities: Sequence[float]) -> None:
        """Shows the probabilities (0..1) of the classes; none at all empties the view."""
        before = self._get_label()
        self._names = tuple(names)
        self._probabilities = [float(probability) for probability in probabilities]
        if len(self._shown) != len(self._names):
            self._shown = [0.0] * len(self._names)
        target = self._target()
        self._glide.stop()
        if self.motion and self.isVisible() and target != self._shown:
            self._from = list(self._shown)
            self._glide.start()
        else:
            self._shown = target
        self.setAccessibleName(self.tr("Answer: {}").format(self._get_label() or self.tr("none")))
        self.update()
        if self._get_label() != before:
            self.answer_changed.emit()

    def set_placeholder(self, text: str) -> None:
        """Sets the line that stands in place of an answer."""
        self._placeholder = text
        self.update()

    def _get_label(self) -> str:
        if not self._probabilities:
            return ""
        return self._names[max(range(len(self._names)), key=self._probabilities.__getitem__)]

    def _get_probability(self) -> float:
        return max(self._probabilities, default=0.0)

    def _get_probabilities(self) -> list[float]:
        return list(self._probabilities)

    label = Property(str, _get_label)
    probability = Property(float, _get_probability)
    probabilities = Property(list, _get_probabilities)

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

    # --- inside

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
        label = self._get_label()
        font = theme.font_of(ANSWER_PIXELS, semibold=True)
        figure = f"{self._get_probability():.1%}".replace("%", " %")
        figure_font = theme.font_of(theme.TITLE_PIXELS)
        figure_width = QFontMetricsF(figure_font).horizontalAdvance(figure)
        room = area.width() - figure_width - theme.px(theme.GAP_LARGE)
        # Long class names get smaller letters rather than being cut.
        wide = QFontMetricsF(font).horizontalAdvance(label)
        font.setPixelSize(
            max(theme.px(20), int(min(area.height() * 0.9, font.pixelSize() * min(1.0, room / max(wide, 1)))))
        )
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
        painter.setFont(figure_font)
        painter.setPen(QColor(colours.second_text))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figure)

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.tokens()
        step = min(area.height() / len(self._names), theme.px(40.0))
        font = theme.font_of(theme.BODY_PIXELS + 2)
        # Where there is little room, smaller letters rather than lines that touch.
        font.setPixelSize(max(theme.px(9), min(font.pixelSize(), int(step * 0.85))))
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        bar = min(step * 0.62, theme.px(22.0))
        name_width = max(metrics.horizontalAdvance(name) for name in self._names) + theme.px(10)
        value_width = metrics.horizontalAdvance("100.0 %") + theme.px(6)
        room = max(10.0, area.width() - name_width - value_width)
        best = self._get_label()
        for row, (name, share) in enumerate(zip(self._names, self._shown, strict=True)):
            top = area.y() + row * step
            line = QRectF(area.x(), top, area.width(), step)
            painter.setPen(QColor(colours.text if name == best else colours.second_text))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            track = QRectF(area.x() + name_width, top + (step - bar) / 2, room, bar)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(track, bar / 4, bar / 4)
            if share > 0.002:
                painter.setBrush(QColor(colours.accent if name == best else colours.second_text))
                painter.drawRoundedRect(QRectF(track.x(), track.y(), max(2.0, room * share), bar), bar / 4, bar / 4)
            if self._probabilities:
                painter.setPen(QColor(colours.text if name == best else colours.second_text))
                text = f"{self._probabilities[row]:.1%}".replace("%", " %")
                painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
