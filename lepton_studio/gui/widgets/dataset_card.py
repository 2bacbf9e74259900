"""One dataset in the gallery: what it looks like, where it comes from, and the one thing to do with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lepton_studio.gui import theme

CARD_WIDTH = 292
STRIP_HEIGHT = 60


@dataclass(frozen=True)
class CardTexts:
    """What a card says, in the language of the window.

    Attributes:
        title, summary: what the dataset is.
        facts: pictures, classes, size.
        source: publisher and licence; empty for one's own.
        action: the word on the main button; empty if there is nothing to do.
        placeholder: what stands in place of the pictures while there are none.
        is_download: whether the action fetches something.
        is_current: whether it is the dataset of the experiment.
        is_own: whether it can be renamed and deleted.
        locked: why it cannot be renamed or deleted now; empty if it can.
    """

    title: str
    summary: str = ""
    facts: str = ""
    source: str = ""
    action: str = ""
    placeholder: str = ""
    is_download: bool = False
    is_current: bool = False
    is_own: bool = False
    locked: str = ""


class DatasetCard(QFrame):
    """Shows what it is told; scripts find it as ``dataset_card_<name>`` and its button as ``dataset_use_<name>``.

    Signals:
        action_wanted, cancel_wanted, rename_wanted, deletion_wanted: a button was pressed.
    """

    action_wanted = Signal()
    cancel_wanted = Signal()
    rename_wanted = Signal()
    deletion_wanted = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Makes an empty card."""
        super().__init__(parent)
        self.name = name
        self._has_action = False
        self.setObjectName(f"dataset_card_{name}")
        self.setProperty("card", True)
        self.strip = PictureStrip()
        self._title = QLabel(wordWrap=True)
        self._title.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        # A name that somebody gave is no markup.
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._mark = QLabel(self.tr("✓ In use"))
        self._mark.setProperty("role", "good")
        self._summary = QLabel(wordWrap=True)
        self._facts, self._source = _second(), _second()
        self._progress = QProgressBar(textVisible=False)
        self._progress_text = _second()
        self.action_button = self._button("use", self.action_wanted)
        self.cancel_button = self._button("cancel", self.cancel_wanted, self.tr("Cancel"), "close")
        self.rename_button = self._button("rename", self.rename_wanted, self.tr("Rename ..."))
        self.delete_button = self._button("delete", self.deletion_wanted, self.tr("Delete ..."))
        heading = QHBoxLayout()
        heading.addWidget(self._title, 1)
        heading.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_SMALL)
        buttons.addWidget(self.action_button)
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        buttons.addWidget(self.rename_button)
        buttons.addWidget(self.delete_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.px(12)] * 4)
        layout.setSpacing(theme.px(6))
        layout.addWidget(self.strip)
        layout.addLayout(heading)
        for widget in (self._summary, self._facts, self._source):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._progress_text)
        layout.addWidget(self._progress)
        layout.addLayout(buttons)
        self.show_progress(None)

    def show_texts(self, texts: CardTexts) -> None:
        """Says what the dataset is and what can be done with it."""
        self._title.setText(texts.title)
        self.setAccessibleName(texts.title)
        for label, text in ((self._summary, texts.summary), (self._facts, texts.facts), (self._source, texts.source)):
            label.setText(text)
            label.setVisible(bool(text))
        self.strip.placeholder = texts.placeholder
        self.strip.update()
        self._mark.setVisible(texts.is_current)
        self._has_action = bool(texts.action)
        self.action_button.setText(texts.action)
        self.action_button.setAccessibleName(f"{texts.action}: {texts.title}")
        self.action_button.setIcon(theme.icon("download" if texts.is_download else "check"))
        self.action_button.setVisible(self._has_action and self.cancel_button.isHidden())
        for button in (self.rename_button, self.delete_button):
            button.setVisible(texts.is_own)
            button.setEnabled(not texts.locked)
            button.setToolTip(texts.locked)
            button.setAccessibleName(f"{button.text()}: {texts.title}")

    def show_progress(self, text: str | None, share: float = -1.0) -> None:
        """Shows how far a load is, with Cancel in place of the action.

        Args:
            text: what is being done; None: nothing is.
            share: 0 to 1; less than 0: nobody knows.
        """
        busy = text is not None
        self._progress_text.setText(text or "")
        self._progress.setMaximum(1000 if share >= 0 else 0)
        self._progress.setValue(round(share * 1000) if share >= 0 else 0)
        had_focus = self.action_button.hasFocus() or self.cancel_button.hasFocus()
        for widget in (self._progress_text, self._progress, self.cancel_button):
            widget.setVisible(busy)
        self.action_button.setVisible(not busy and self._has_action)
        if had_focus:
            # The one who pressed a key stays where the work is.
            (self.cancel_button if busy else self.action_button).setFocus()

    def _button(self, name: str, signal: SignalInstance, text: str = "", icon: str = "") -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(f"dataset_{name}_{self.name}")
        made.setAutoDefault(True)
        if icon:
            made.setIcon(theme.icon(icon))
        made.clicked.connect(signal)
        return made


class PictureStrip(QWidget):
    """Example pictures as large as they fit, or a quiet line in their place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without pictures."""
        super().__init__(parent)
        self.placeholder = ""
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def has_pictures(self) -> bool:
        """Whether there is something to see."""
        return not self._image.isNull()

    def show_pictures(self, strip: NDArray[np.uint8]) -> None:
        """Shows H x W x 3 bytes of red, green and blue."""
        height, width, _ = strip.shape
        data = np.ascontiguousarray(strip).tobytes()
        # A copy, because Qt does not keep the bytes alive.
        self._image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(CARD_WIDTH), theme.px(STRIP_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._image.isNull():
            painter.fillRect(self.rect(), QColor(theme.tokens().raised))
            painter.setPen(QColor(theme.tokens().second_text))
            painter.setFont(theme.font_of(theme.SMALL_PIXELS))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(8, 0, -8, 0), flags, self.placeholder)
            return
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(
            (self.width() - size.width()) // 2, (self.height() - size.height()) // 2, size.width(), size.height()
        )
        painter.fillRect(self.rect(), QColor("black"))
        painter.drawImage(place, self._image)


def _second() -> QLabel:
    label = QLabel(wordWrap=True)
    label.setProperty("role", "second")
    return label
