"""A still from the camera, with the ink that is found in it, before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QCloseEvent, QImage
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from lepton_studio.engine import level_paper, photograph_of
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.widgets.camera_preview import CameraPreview
from lepton_studio.gui.widgets.painting import pixels_of
from lepton_studio.gui.widgets.pixel_view import PixelView

WIDTH, HEIGHT = 820, 460


class Camera(Protocol):
    """What the dialog needs of a camera."""

    frame_came: SignalInstance
    failed: SignalInstance

    def start(self) -> None:
        """Begins to send pictures."""

    def stop(self) -> None:
        """Lets go of the device."""


class WebcamDialog(QDialog):
    """Shows what the camera sees; "Take" holds it, and shows beside it what the network would get.

    Signals:
        used: the still that is wanted, H x W x 3, uint8.
    """

    used = Signal(object)

    def __init__(self, open_camera: Callable[[], Camera], parent: QWidget | None = None) -> None:
        """Opens the camera."""
        super().__init__(parent)
        self.setObjectName("webcam_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Picture from the camera"))
        self.resize(theme.px(WIDTH), theme.px(HEIGHT))
        # What was taken, and its pixels as soon as they are converted.
        self._taken: QImage | None = None
        self._still: NDArray[np.uint8] | None = None
        # Levelling a photograph takes longer than a frame.
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take_step)
        self._runner.job_failed.connect(lambda error: self.status.setText(str(error)))
        self._make_views()
        self._make_buttons()
        self._lay_out()
        self._camera = open_camera()
        self._camera.frame_came.connect(self._show_frame)
        self._camera.failed.connect(self._fail)
        self._again()

    def done(self, result: int) -> None:
        """Closes the dialog, as Qt calls it."""
        self._let_go()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._let_go()
        super().closeEvent(event)

    # --- parts

    def _make_views(self) -> None:
        self.preview = CameraPreview()
        self.preview.setObjectName("webcam_preview")
        self.still_view = PixelView()
        self.still_view.setObjectName("webcam_still")
        self.still_view.setAccessibleName(self.tr("The picture that was taken"))
        self.ink_view = PixelView()
        self.ink_view.setObjectName("webcam_ink")
        self.ink_view.setAccessibleName(self.tr("The ink that was found"))
        self.ink_view.set_placeholder(self.tr("The ink that is found in the picture will be shown here."))
        self._left = QStackedWidget()
        self._left.addWidget(self.preview)
        self._left.addWidget(self.still_view)
        self._heading = section("")
        self.status = second()
        self.status.setObjectName("webcam_status")

    def _make_buttons(self) -> None:
        self.take_button = button("webcam_take", self.tr("Take"), "camera", main=True)
        self.take_button.clicked.connect(self._take)
        self.again_button = button("webcam_again", self.tr("Again"), "reset")
        self.again_button.clicked.connect(self._again)
        self.use_button = button("webcam_use", self.tr("Use"), "check", main=True)
        self.use_button.clicked.connect(self._use)
        self.cancel_button = button("webcam_cancel", self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)

    def _lay_out(self) -> None:
        views = QGridLayout()
        views.setHorizontalSpacing(theme.GAP)
        views.addWidget(self._heading, 0, 0)
        views.addWidget(section(self.tr("The ink that will be read")), 0, 1)
        views.addWidget(self._left, 1, 0)
        views.addWidget(self.ink_view, 1, 1)
        views.setColumnStretch(0, 1)
        views.setColumnStretch(1, 1)
        views.setRowStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_SMALL)
        buttons.addWidget(self.status, 1)
        for each in (self.cancel_button, self.again_button, self.take_button, self.use_button):
            buttons.addWidget(each)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_LARGE, theme.GAP, theme.GAP_LARGE, theme.GAP)
        layout.setSpacing(theme.GAP)
        layout.addLayout(views, 1)
        layout.addLayout(buttons)

    # --- what happens

    def _show_frame(self, image: QImage) -> None:
        if self._taken is None:
            self.preview.set_image(image)
            # One that nobody wants any more may still be looked at.
            if not self.take_button.isEnabled() and not self._runner.isRunning():
                self.take_button.setEnabled(True)
                self.take_button.setFocus()

    def _fail(self, text: str) -> None:
        self.preview.set_text(self.tr("The camera gives no picture: {}").format(text))
        self.status.setText(self.tr("Is another program using it, or may this one not?"))

    def _again(self) -> None:
        """Looks through the camera again."""
        self._taken = self._still = None
        self._runner.request_stop()
        self._left.setCurrentWidget(self.preview)
        self._heading.setText(self.tr("The camera"))
        self.preview.set_image(QImage())
        self.preview.set_text(self.tr("Waiting for the camera ..."))
        self.ink_view.set_picture(None)
        self.status.setText(self.tr("Hold the paper so that the digit fills the square."))
        self._show_buttons()
        self.take_button.setEnabled(False)
        self._camera.start()

    def _take(self) -> None:
        """Holds what is in the square, and looks for ink in it."""
        square = self.preview.square
        if square.isNull() or self._runner.isRunning():
            return
        self._taken = square
        self._camera.stop()
        self._heading.setText(self.tr("Taken"))
        self.status.setText(self.tr("Looking for ink ..."))
        self._show_buttons()
        self._runner.walk(_levelled(square))

    def _take_step(self, step: tuple[QImage, NDArray[np.uint8]]) -> None:
        """First the still, then the ink in it; of one that nobody wants any more nothing is shown."""
        taken, pixels = step
        if taken is not self._taken:
            return
        if self._still is not None:
            self._show_ink(pixels)
            return
        self._still = pixels
        self.still_view.set_picture(pixels.transpose(2, 0, 1))
        self._left.setCurrentWidget(self.still_view)
        self._show_buttons()
        self.use_button.setFocus()

    def _show_ink(self, ink: NDArray[np.uint8]) -> None:
        self.ink_view.set_picture(ink[None])
        if ink.any():
            self.status.setText(self.tr("Is the digit whole, and nothing else there? Then use it."))
        else:
            self.status.setText(self.tr("No ink was found. Try more light, or a thicker pen."))

    def _use(self) -> None:
        if self._still is not None:
            self.used.emit(self._still)
            self.accept()

    def _show_buttons(self) -> None:
        is_taken = self._taken is not None
        self.take_button.setVisible(not is_taken)
        self.again_button.setVisible(is_taken)
        self.use_button.setVisible(is_taken)
        self.use_button.setEnabled(self._still is not None)
        (self.use_button if is_taken else self.take_button).setDefault(True)

    def _let_go(self) -> None:
        self._camera.stop()
        self._runner.stop()


def _levelled(taken: QImage) -> Iterator[Any]:
    """The pixels of what was taken, then the ink in them; each with what was taken."""
    pixels = photograph_of(pixels_of(taken))
    yield taken, pixels
    yield taken, level_paper(pixels)
