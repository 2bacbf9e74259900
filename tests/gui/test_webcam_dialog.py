"""A still from a camera that is none, and the ink in it."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from lepton_studio.gui import canvas_pictures, webcam, webcam_dialog
from lepton_studio.gui.canvas_pictures import CanvasPictures
from lepton_studio.gui.webcam_dialog import WebcamDialog
from lepton_studio.gui.widgets.draw_pad import DrawPad

PATIENCE = 10_000


class FakeCamera(QObject):
    """Sends what it is told to."""

    frame_came = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.is_on = False

    def start(self) -> None:
        """It is on."""
        self.is_on = True

    def stop(self) -> None:
        """It is off."""
        self.is_on = False


def paper(has_ink: bool = True) -> QImage:
    """A sheet of grey paper with a dark stroke on it, as a camera of 640 x 480 sees it."""
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(QColor(180, 178, 170))
    if has_ink:
        with QPainter(image) as painter:
            painter.fillRect(310, 130, 24, 220, QColor(40, 40, 60))
    return image


@pytest.fixture
def camera() -> FakeCamera:
    return FakeCamera()


@pytest.fixture
def dialog(qtbot, camera) -> WebcamDialog:
    made = WebcamDialog(lambda: camera)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.open()
    return made


def press(dialog: WebcamDialog, name: str) -> None:
    button = dialog.findChild(QPushButton, name)
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_camera_is_on_while_it_is_looked_through(dialog, camera) -> None:
    assert camera.is_on
    assert not dialog.take_button.isEnabled()
    camera.frame_came.emit(paper())
    press(dialog, "webcam_take")
    assert not camera.is_on
    press(dialog, "webcam_again")
    assert camera.is_on
    press(dialog, "webcam_cancel")
    assert not camera.is_on


def test_a_still_is_shown_with_its_ink_before_it_is_used(dialog, camera, qtbot) -> None:
    used: list[np.ndarray] = []
    dialog.used.connect(used.append)
    camera.frame_came.emit(paper())
    press(dialog, "webcam_take")
    qtbot.waitUntil(lambda: "Is the digit whole" in dialog.status.text(), timeout=PATIENCE)
    assert dialog.ink_view.accessibleDescription() == "384 × 384 pixels"
    assert used == []
    press(dialog, "webcam_use")
    (still,) = used
    # The square in the middle, four fifths of the height of the picture.
    assert still.shape == (384, 384, 3)
    assert still[192, 192].max() < 70
    assert still[10, 10].min() > 150


def test_paper_without_ink_is_said(dialog, camera, qtbot) -> None:
    camera.frame_came.emit(paper(has_ink=False))
    press(dialog, "webcam_take")
    qtbot.waitUntil(lambda: "No ink was found" in dialog.status.text(), timeout=PATIENCE)
    assert dialog.again_button.isVisible()


def test_a_still_is_converted_beside_the_window(dialog, camera, qtbot, monkeypatch) -> None:
    threads: list[threading.Thread] = []
    convert = webcam_dialog.photograph_of

    def noted(pixels: np.ndarray) -> np.ndarray:
        threads.append(threading.current_thread())
        return convert(pixels)

    monkeypatch.setattr(webcam_dialog, "photograph_of", noted)
    camera.frame_came.emit(paper())
    press(dialog, "webcam_take")
    # Nothing can be used that is not there yet.
    assert not dialog.use_button.isEnabled()
    qtbot.waitUntil(lambda: dialog.use_button.isEnabled(), timeout=PATIENCE)
    (thread,) = threads
    assert thread is not threading.main_thread()
    assert dialog.still_view.isVisible()
    qtbot.waitUntil(lambda: not dialog._runner.isRunning(), timeout=PATIENCE)


def test_a_still_that_is_not_wanted_any_more_is_not_shown(dialog, camera, qtbot) -> None:
    camera.frame_came.emit(paper())
    press(dialog, "webcam_take")
    press(dialog, "webcam_again")
    qtbot.waitUntil(lambda: not dialog._runner.isRunning(), timeout=PATIENCE)
    assert not dialog.use_button.isVisible()
    assert dialog.preview.isVisible()
    camera.frame_came.emit(paper())
    press(dialog, "webcam_take")
    qtbot.waitUntil(lambda: "Is the digit whole" in dialog.status.text(), timeout=PATIENCE)
    assert dialog.use_button.isEnabled()


def test_pictures_that_come_late_do_not_replace_the_still(dialog, camera, qtbot) -> None:
    camera.frame_came.emit(paper())
    press(dialog, "webcam_take")
    qtbot.waitUntil(lambda: dialog.still_view.isVisible(), timeout=PATIENCE)
    before = dialog.still_view.grab().toImage()
    camera.frame_came.emit(paper(has_ink=False))
    assert dialog.still_view.grab().toImage() == before


def test_a_camera_that_fails_says_why(dialog, camera) -> None:
    camera.failed.emit("It is in use")
    assert "another program" in dialog.status.text()
    assert not dialog.take_button.isEnabled()


def test_closing_while_ink_is_looked_for_ends_the_work(dialog, camera) -> None:
    camera.frame_came.emit(paper())
    press(dialog, "webcam_take")
    dialog.close()
    assert not dialog._runner.isRunning()
    assert not camera.is_on


def test_what_is_used_lies_on_the_canvas(qtbot, camera, monkeypatch) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    pad = DrawPad(host)
    pictures = CanvasPictures(pad, host)
    host.show()
    monkeypatch.setattr(canvas_pictures, "camera_trouble", lambda: "")
    monkeypatch.setattr(canvas_pictures, "open_webcam", lambda: camera)
    dialog = pictures.open_camera()
    camera.frame_came.emit(paper())
    press(dialog, "webcam_take")
    qtbot.waitUntil(lambda: dialog.use_button.isEnabled(), timeout=PATIENCE)
    press(dialog, "webcam_use")
    assert pad.photograph.shape == (384, 384, 3)
    pictures.stop()


# --- Qt's part for cameras


class FakeSink(QObject):
    """Where frames come from."""

    videoFrameChanged = Signal(object)  # noqa: N815 - Qt's name


class FakeDevice(QObject):
    """A camera of Qt's."""

    errorOccurred = Signal(object, str)  # noqa: N815 - Qt's name

    def __init__(self, _which: object) -> None:
        super().__init__()
        self.calls: list[str] = []

    def start(self) -> None:
        """Noted."""
        self.calls.append("start")

    def stop(self) -> None:
        """Noted."""
        self.calls.append("stop")


class FakeSession:
    """Holds both together."""

    def setCamera(self, _camera: object) -> None:  # noqa: N802 - Qt's name
        """Taken."""

    def setVideoSink(self, _sink: object) -> None:  # noqa: N802 - Qt's name
        """Taken."""


@pytest.fixture
def multimedia(monkeypatch) -> ModuleType:
    """A module that looks like PySide6.QtMultimedia."""
    module = ModuleType("PySide6.QtMultimedia")
    module.QMediaDevices = SimpleNamespace(videoInputs=lambda: [object()], defaultVideoInput=object)
    module.QCamera, module.QVideoSink, module.QMediaCaptureSession = FakeDevice, FakeSink, FakeSession
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", module)
    return module


def test_frames_of_qt_become_pictures_no_faster_than_is_seen(multimedia, monkeypatch) -> None:
    assert webcam.camera_trouble() == ""
    camera = webcam.open_webcam()
    images, troubles = [], []
    camera.frame_came.connect(images.append)
    camera.failed.connect(troubles.append)
    camera.start()
    monkeypatch.setattr(webcam, "FRAME_MILLISECONDS", 60_000)
    for _ in range(5):
        camera._sink.videoFrameChanged.emit(SimpleNamespace(toImage=paper))
    assert len(images) == 1
    monkeypatch.setattr(webcam, "FRAME_MILLISECONDS", 0)
    camera._sink.videoFrameChanged.emit(SimpleNamespace(toImage=QImage))
    assert len(images) == 1
    camera._camera.errorOccurred.emit(None, "gone")
    assert troubles == ["gone"]
    camera.stop()
    assert camera._camera.calls == ["start", "stop"]


def test_without_the_extra_the_camera_says_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    assert "pip install 'lepton-studio[camera]'" in webcam.camera_trouble()


def test_a_library_that_the_system_lacks_is_named(monkeypatch) -> None:
    def import_it(_name: str) -> ModuleType:
        raise ImportError("libpulse.so.0: cannot open shared object file")

    monkeypatch.setattr(webcam.importlib, "import_module", import_it)
    assert "libpulse.so.0" in webcam.camera_trouble()


def test_a_computer_without_a_camera_says_so(multimedia) -> None:
    multimedia.QMediaDevices.videoInputs = list
    assert webcam.camera_trouble() == "No camera was found on this computer."
