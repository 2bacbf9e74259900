"""The camera of the machine, where there is one and Qt's part for it is installed."""

from __future__ import annotations

import importlib
from typing import Any

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, Signal

# lupdate looks for calls of this name.
translate = QCoreApplication.translate

# Frames that come sooner than this are not turned into pictures: nobody sees more.
FRAME_MILLISECONDS = 50


class Webcam(QObject):
    """Sends pictures between :meth:`start` and :meth:`stop`.

    Signals:
        frame_came: the newest picture, a ``QImage``.
        failed: why the camera gives none, for people.
    """

    frame_came = Signal(object)
    failed = Signal(str)

    def __init__(self, multimedia: Any, parent: QObject | None = None) -> None:
        """Takes the usual camera of the system; ``multimedia`` is the module of Qt."""
        super().__init__(parent)
        self._camera = multimedia.QCamera(multimedia.QMediaDevices.defaultVideoInput())
        self._sink = multimedia.QVideoSink()
        self._session = multimedia.QMediaCaptureSession()
        self._session.setCamera(self._camera)
        self._session.setVideoSink(self._sink)
        self._sink.videoFrameChanged.connect(self._take)
        self._camera.errorOccurred.connect(lambda _error, text: self.failed.emit(text))
        self._clock = QElapsedTimer()

    def start(self) -> None:
        """Begins to send."""
        self._camera.start()

    def stop(self) -> None:
        """Lets go of the camera, so that others can have it."""
        self._camera.stop()

    def _take(self, frame: Any) -> None:
        if self._clock.isValid() and self._clock.elapsed() < FRAME_MILLISECONDS:
            return
        image = frame.toImage()
        if not image.isNull():
            self._clock.start()
            self.frame_came.emit(image)


def camera_trouble() -> str:
    """Why no picture can be taken with a camera, for people; empty if one can. Asked only when somebody wants to."""
    try:
        multimedia = _multimedia()
    except ModuleNotFoundError:
        text = translate("webcam", "For the camera, Qt's part for it is missing: {}")
        return text.format("pip install 'lepton-studio[camera]'")
    except ImportError as error:
        # It is there, but a library of the system is not, such as libpulse; or it fits not to the rest of Qt.
        return translate("webcam", "Qt's part for the camera cannot be loaded: {}").format(error)
    if not multimedia.QMediaDevices.videoInputs():
        return translate("webcam", "No camera was found on this computer.")
    return ""


def open_webcam() -> Webcam:
    """The usual camera; only where :func:`camera_trouble` has nothing to say."""
    return Webcam(_multimedia())


def _multimedia() -> Any:
    """PySide6.QtMultimedia, which comes with an extra; ImportError without it."""
    return importlib.import_module("PySide6.QtMultimedia")
