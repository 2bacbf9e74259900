"""Pictures for the canvas: pasted, dropped, opened, or taken with a camera."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from lepton_studio.engine import opened_photograph, photograph_of
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.webcam import camera_trouble, open_webcam
from lepton_studio.gui.webcam_dialog import WebcamDialog
from lepton_studio.gui.widgets.draw_pad import DrawPad, is_picture
from lepton_studio.gui.widgets.painting import pixels_of


class CanvasPictures(QObject):
    """Lays pictures on the canvas, or says why not. Its owner calls :meth:`stop`.

    Signals:
        said: a line for people and its role, as of a message line; an empty one when there is nothing to say any more.
    """

    said = Signal(str, str)

    def __init__(self, canvas: DrawPad, asker: QWidget) -> None:
        """``asker`` is whose dialogs these are."""
        super().__init__(asker)
        self._canvas, self._asker = canvas, asker
        self._wanted: pathlib.Path | QImage = pathlib.Path()
        # A large photograph takes a moment; the last one that was chosen counts.
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take_read)
        self._runner.job_failed.connect(self._fail)
        self._runner.finished.connect(self._go_on)
        self._is_waiting = False
        canvas.setAcceptDrops(True)
        canvas.picture_dropped.connect(self.take)

    def stop(self) -> None:
        """Ends background work."""
        self._is_waiting = False
        self._runner.stop()

    def paste(self) -> None:
        """Takes what lies in the clipboard."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not (is_picture(mime) or mime.hasUrls()):
            self.said.emit(self.tr("There is no picture in the clipboard. Copy one, then paste it here."), "warning")
        else:
            self.take(mime)

    def take(self, mime: QMimeData) -> None:
        """Takes a picture or a file that was dropped or pasted."""
        files = [pathlib.Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if files:
            # A file that was copied brings its icon along as a picture.
            self.open_path(files[0])
            return
        image = mime.imageData() if mime.hasImage() else None
        if isinstance(image, QImage) and not image.isNull():
            self._want(image)
        else:
            text = self.tr("No picture came with this. Save it as a file first, then open that.")
            self.said.emit(text, "warning")

    def choose_file(self) -> None:
        """Asks which file to open."""
        kinds = self.tr("Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self._asker, self.tr("Open a picture"), "", kinds)
        if name:
            self.open_path(pathlib.Path(name))

    def open_path(self, path: pathlib.Path) -> None:
        """Opens an image file; what cannot be read is said."""
        self._want(path)

    def open_camera(self) -> WebcamDialog | None:
        """Shows what the camera sees, to take a still; None, with a word why, if there is no camera to be used."""
        trouble = camera_trouble()
        if trouble:
            self.said.emit(trouble, "warning")
            return None
        dialog = WebcamDialog(open_webcam, self._asker)
        dialog.used.connect(self._show)
        dialog.open()
        return dialog

    def _want(self, picture: pathlib.Path | QImage) -> None:
        self._wanted, self._is_waiting = picture, True
        self._go_on()

    def _go_on(self) -> None:
        if self._is_waiting and not self._runner.isRunning():
            self._is_waiting = False
            self._runner.walk(_read(self._wanted))

    def _take_read(self, event: tuple[object, NDArray[np.uint8]]) -> None:
        picture, pixels = event
        if picture is self._wanted:
            self._show(pixels)

    def _fail(self, error: Exception) -> None:
        if not self._is_waiting:
            self.said.emit(str(error) or type(error).__name__, "bad")

    def _show(self, pixels: NDArray[np.uint8]) -> None:
        self._canvas.show_photograph(pixels)
        self._canvas.setFocus()
        self.said.emit("", "")


def _read(picture: pathlib.Path | QImage) -> Iterator[Any]:
    """What was wanted, with the pixels of it."""
    if isinstance(picture, QImage):
        yield picture, photograph_of(pixels_of(picture))
    else:
        for pixels in opened_photograph(picture):
            yield picture, pixels
