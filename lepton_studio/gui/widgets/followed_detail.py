"""One followed picture, large: the probabilities of all classes, and how they went through the epochs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.accessible_role import give_role
from lepton_studio.gui.widgets.epoch_chart import ChartLine, ChartPainter, EpochChart, Scale
from lepton_studio.gui.widgets.followed_painter import FollowedLook, paint_mark
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.widgets.pixel_view import PixelView

# Designed pixels.
_PICTURE, _CHART, _BAR, _LINE_GAP = 140, 132, 8, 3
# So many classes have a bar with a name; of more only the likeliest.
MOST_BARS = 12
_TICKS = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %"))


class FollowedDetail(QWidget):
    """Hidden while no picture is chosen.

    Signals:
        turned: a person wants to see the picture that is so many further.
        closed: a person has seen enough.
    """

    turned = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts hidden."""
        super().__init__(parent)
        self._caption = QLabel(wordWrap=True)
        self._caption.setObjectName("followed_caption")
        # Class names are what people wrote, and no markup; and a long one must not make the column wider.
        self._caption.setTextFormat(Qt.TextFormat.PlainText)
        self._caption.setMinimumWidth(1)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(self._caption, 1)
        for name, icon, tip, action in (
            ("followed_before", "chevron_left", self.tr("The picture before (Left)"), lambda: self.turned.emit(-1)),
            ("followed_after", "chevron_right", self.tr("The next picture (Right)"), lambda: self.turned.emit(1)),
            ("followed_close", "close", self.tr("Close (Escape)"), self.closed.emit),
        ):
            tool = icon_button(name, icon, tip)
            tool.setMinimumSize(theme.px(28), theme.px(28))
            tool.clicked.connect(action)
            row.addWidget(tool, 0, Qt.AlignmentFlag.AlignTop)
        self.picture = PixelView()
        self.picture.setFixedHeight(theme.px(_PICTURE))
        self.picture.setMinimumWidth(1)
        self.picture.set_placeholder(self.tr("The picture is not loaded."))
        self.chances = ClassChances()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(row)
        layout.addWidget(self.picture)
        layout.addWidget(self.chances)
        self.hide()

    def show_picture(self, look: FollowedLook, at: int, caption: str, trail: NDArray[np.float32]) -> None:
        """Shows one of the followed pictures.

        Args:
            look: all of them.
            at: which.
            caption: it in words.
            trail: E x K, float32: the probabilities of all classes after each of the epochs of ``look``.
        """
        self._caption.setText(caption)
        self.picture.set_picture(look.pictures[at] if look.pictures is not None else None)
        self.chances.show_chances(look, at, trail)
        self.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right turn, Escape closes."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps:
            self.turned.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class ClassChances(QWidget):
    """A bar for each class, the likeliest of many, and below them the right class and its rival through the epochs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Shows nothing."""
        super().__init__(parent)
        self._look, self._at = FollowedLook(), 0
        self._trail = np.zeros((0, 0), np.float32)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        give_role(self, QAccessible.Role.Chart)
        self.setAccessibleName(self.tr("Probability of each class"))

    def show_chances(self, look: FollowedLook, at: int, trail: NDArray[np.float32]) -> None:
        """Shows a picture; see :meth:`FollowedDetail.show_picture`."""
        self._look, self._at, self._trail = look, at, trail
        shares = look.probabilities[at]
        words = (f"{look.names[each]} {100 * float(shares[each]):.1f} %" for each in self.classes())
        self.setAccessibleDescription(", ".join(words))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def classes(self) -> list[int]:
        """The classes that have a bar: all in their order, or of many the likeliest, and the right one."""
        if not len(self._look):
            return []
        shares = self._look.probabilities[self._at]
        if len(shares) <= MOST_BARS:
            return list(range(len(shares)))
        likeliest = np.argsort(-shares, kind="stable")[:MOST_BARS].tolist()
        label = int(self._look.labels[self._at])
        return likeliest if label in likeliest else [*likeliest[:-1], label]

    def rival(self) -> int:
        """The likeliest of the wrong classes now; -1 if there is no other class."""
        shares = self._look.probabilities[self._at].copy()
        shares[int(self._look.labels[self._at])] = -1.0
        return int(shares.argmax()) if len(shares) > 1 else -1

    def sizeHint(self) -> QSize:
        """As high as its bars and the curve."""
        lines = len(self.classes()) + (1 if self._others() else 0)
        return QSize(theme.px(280), round(lines * self._line() + theme.px(theme.GAP_SMALL + _CHART)))

    def changeEvent(self, event: QEvent) -> None:
        """Takes over new colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the bars and the curves."""
        if not len(self._look):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = self._paint_bars(painter)
        place = QRectF(0, top + theme.px(theme.GAP_SMALL), self.width(), theme.px(_CHART))
        ChartPainter(painter).paint(place, self._chart())

    # --- inside

    def _line(self) -> float:
        return QFontMetricsF(theme.font_of(theme.SMALL_PIXELS)).height() + theme.px(_LINE_GAP)

    def _others(self) -> int:
        return len(self._look.names) - len(self.classes()) if len(self._look) else 0

    def _paint_bars(self, painter: QPainter) -> float:
        colours, look, line = theme.tokens(), self._look, self._line()
        shares, label = look.probabilities[self._at], int(look.labels[self._at])
        answer, shown = int(shares.argmax()), self.classes()
        strong, small = theme.font_of(theme.SMALL_PIXELS, semibold=True), theme.font_of(theme.SMALL_PIXELS)
        mark = theme.px(16)
        widest = max(QFontMetricsF(strong).horizontalAdvance(look.names[each]) for each in shown) + 2
        names = min(widest, self.width() * 0.4)
        figures = QFontMetricsF(strong).horizontalAdvance("100.0 %") + theme.px(6)
        side = Qt.AlignmentFlag.AlignVCenter
        top = 0.0
        for each in shown:
            font = strong if each in (answer, label) else small
            row = QRectF(0, top, self.width(), line)
            if each in (answer, label):
                ink = QColor(colours.good if each == label else colours.bad)
                paint_mark(painter, row, each == label, ink)
            painter.setFont(font)
            painter.setPen(QColor(colours.text if font is strong else colours.second_text))
            name = QFontMetricsF(font).elidedText(look.names[each], Qt.TextElideMode.ElideRight, names)
            painter.drawText(row.adjusted(mark, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | side, name)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | side, f"{100 * float(shares[each]):.1f} %")
            left = mark + names + theme.px(6)
            track = QRectF(left, row.center().y() - theme.px(_BAR) / 2, self.width() - left - figures, theme.px(_BAR))
            painter.fillRect(track, QColor(colours.raised))
            track.setWidth(max(1.0, track.width() * float(shares[each])))
            wrong = colours.bad if each == answer else colours.second_text
            painter.fillRect(track, QColor(colours.good if each == label else wrong))
            top += line
        if self._others():
            rest = 100 * max(0.0, 1.0 - float(shares[shown].sum()))
            painter.setFont(small)
            painter.setPen(QColor(colours.second_text))
            text = self.tr("{0} other classes together {1}").format(self._others(), f"{rest:.1f} %")
            painter.drawText(QRectF(mark, top, self.width() - mark, line), Qt.AlignmentFlag.AlignLeft | side, text)
            top += line
        return top

    def _chart(self) -> EpochChart:
        colours, look = theme.tokens(), self._look
        label, rival = int(look.labels[self._at]), self.rival()
        epochs, trail = look.epochs.astype(np.float64), self._trail
        lines = []
        if len(trail) == len(epochs) and trail.shape[1:] == (len(look.names),):
            if rival >= 0:
                lines.append(ChartLine(epochs, trail[:, rival], colours.bad, dashed=True, name=look.names[rival]))
            lines.append(ChartLine(epochs, trail[:, label], colours.good, name=look.names[label]))
        last = float(max(epochs[-1], look.marked or 0)) if len(epochs) else 1.0
        return EpochChart(self.tr("Epoch by epoch"), tuple(lines), Scale(0.0, 1.0), _TICKS, last, look.marked)
