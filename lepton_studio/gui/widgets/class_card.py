"""A class to collect examples of: its key, its name, how many there are, and the last of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolButton, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import image_of
from lepton_studio.gui.widgets.quiet_line_edit import QuietLineEdit

HEIGHT, PADDING, KEY_SIDE, PICTURE_SIDE, TOOL_SIDE = 66, 7, 20, 24, 28


@dataclass(frozen=True, eq=False)
class Example:
    """One of the last examples: H x W, uint8, and whether the network took it for another class."""

    picture: NDArray[np.uint8]
    is_wrong: bool = False


class ClassCard(QAbstractButton):
    """Clicked, it takes what is drawn; the pencil renames it.

    Signals:
        renamed: the name that somebody typed.
    """

    renamed = Signal(str)

    def __init__(self, name: str, key: str, parent: QWidget | None = None) -> None:
        """Makes an empty card; ``key`` is what to press, and may be empty."""
        super().__init__(parent)
        self.name, self.key = name, key
        self.count = 0
        self._examples: list[Example] = []
        self._is_next = self._is_kept = False
        # A click must not take the keys away from the canvas.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._pencil = QToolButton(self)
        self._pencil.setObjectName(f"collect_rename_{name}")
        self._pencil.setIcon(theme.icon("pencil", "second_text"))
        self._pencil.setAutoRaise(True)
        self._pencil.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._pencil.setStyleSheet("border: none; background: transparent; padding: 0;")
        self._pencil.setToolTip(self.tr("Rename {} (F2)").format(name))
        self._pencil.setAccessibleName(self._pencil.toolTip())
        self._pencil.clicked.connect(self.ask_name)
        self._edit = QuietLineEdit(self)
        self._edit.setMaxLength(60)
        self._edit.hide()
        self._edit.returnPressed.connect(self._take_name)
        self._edit.installEventFilter(self)
        self._describe()

    def show_class(self, count: int, examples: Sequence[Example], is_next: bool) -> None:
        """Shows how many there are, the newest of them first, and whether this class is to be drawn next."""
        self.count, self._examples, self._is_next = count, list(examples), is_next
        self._describe()
        self.update()

    def set_kept(self, is_kept: bool) -> None:
        """Marks the card that has just taken a drawing."""
        if is_kept != self._is_kept:
            self._is_kept = is_kept
            self.update()

    def ask_name(self) -> None:
        """Lets the name be typed over; Enter takes it, Escape leaves it."""
        self._edit.setText(self.name)
        self._edit.selectAll()
        self._edit.show()
        self._edit.setFocus()

    @property
    def is_next(self) -> bool:
        """Whether this class is to be drawn next."""
        return self._is_next

    # --- Qt

    def sizeHint(self) -> QSize:
        return QSize(theme.px(130), theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(100), theme.px(HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        side, inset = theme.px(TOOL_SIDE), theme.px(2)
        self._pencil.setGeometry(self.width() - side - inset, inset, side, side)
        self._edit.setGeometry(inset, inset, self.width() - 2 * inset, theme.px(30))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.ask_name()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self._edit:
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                if event.key() == Qt.Key.Key_Escape:
                    self._edit.hide()
                    return True
            elif event.type() == QEvent.Type.FocusOut:
                self._edit.hide()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        border = colours.good if self._is_kept else colours.accent if self._is_next or self.hasFocus() else colours.line
        width = 2.0 if self._is_kept or self._is_next or self.hasFocus() else 1.0
        painter.setPen(QPen(QColor(border), width))
        painter.setBrush(QColor(colours.raised if self.isDown() or self.underMouse() else colours.surface))
        place = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(place, theme.px(theme.RADIUS), theme.px(theme.RADIUS))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.text), 1.0, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(place.adjusted(3, 3, -3, -3), theme.px(4), theme.px(4))
        self._paint_title(painter)
        self._paint_examples(painter)

    # --- inside

    def _take_name(self) -> None:
        name = self._edit.text()
        self._edit.hide()
        self.renamed.emit(name)

    def _describe(self) -> None:
        key = self.tr("key {}").format(self.key) if self.key else self.tr("no key")
        self.setAccessibleName(self.tr("Keep as {}, {}, {} so far").format(self.name, key, self.count))
        self.setToolTip(self.tr("Keep the drawing as {} ({})").format(self.name, key))

    def _paint_title(self, painter: QPainter) -> None:
        colours = theme.tokens()
        padding, side = theme.px(PADDING), theme.px(KEY_SIDE)
        middle = Qt.AlignmentFlag.AlignVCenter
        left = padding
        if self.key:
            badge = QRectF(padding, padding, side, side)
            painter.setPen(QPen(QColor(colours.line), 1.0))
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(badge, theme.px(4), theme.px(4))
            painter.setFont(theme.font_of(theme.SMALL_PIXELS))
            painter.setPen(QColor(colours.second_text))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, self.key.upper())
            left += side + theme.px(8)
        right = self.width() - theme.px(TOOL_SIDE + 6)
        figure = str(self.count)
        painter.setFont(theme.font_of(theme.BODY_PIXELS))
        painter.setPen(QColor(colours.second_text))
        figure_width = QFontMetricsF(painter.font()).horizontalAdvance(figure)
        painter.drawText(QRectF(left, padding, right - left, side), Qt.AlignmentFlag.AlignRight | middle, figure)
        painter.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        painter.setPen(QColor(colours.text))
        room = right - left - figure_width - theme.px(6)
        name = QFontMetricsF(painter.font()).elidedText(self.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, padding, room, side), Qt.AlignmentFlag.AlignLeft | middle, name)

    def _paint_examples(self, painter: QPainter) -> None:
        colours = theme.tokens()
        padding, side, gap = theme.px(PADDING), theme.px(PICTURE_SIDE), theme.px(4)
        top = self.height() - padding - side
        if not self._examples:
            painter.setFont(theme.font_of(theme.SMALL_PIXELS))
            painter.setPen(QColor(colours.second_text))
            place = QRectF(padding, top, self.width() - 2 * padding, side)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.tr("none yet"))
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for at, example in enumerate(self._examples):
            left = padding + at * (side + gap)
            if left + side > self.width() - padding:
                break
            square = QRect(left, top, side, side)
            painter.drawImage(square, image_of(np.repeat(example.picture[:, :, None], 3, axis=2)))
            if example.is_wrong:
                # A frame and a cross: never by colour alone.
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(colours.bad), 2.0))
                painter.drawRect(QRectF(square).adjusted(1, 1, -1, -1))
                corner = QRectF(square.right() - side * 0.42, square.top() + 2, side * 0.38, side * 0.38)
                painter.fillRect(corner, QColor(colours.bad))
                painter.setPen(QPen(QColor(colours.surface), 1.5))
                inner = corner.adjusted(2, 2, -2, -2)
                painter.drawLine(inner.topLeft(), inner.bottomRight())
                painter.drawLine(inner.topRight(), inner.bottomLeft())
