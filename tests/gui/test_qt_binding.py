"""PySide6 itself: 6.12.0 on Python 3.11 gives a reference to None away with every void call, and dies of it."""

from __future__ import annotations

import sys

CALLS = 400_000

SCRIPT = """
import sys
from PySide6.QtCore import QObject, QPointF, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QApplication, QLabel

application = QApplication([])
label, timer, thing = QLabel(), QTimer(), QObject()
image = QImage(8, 8, QImage.Format.Format_RGB32)
painter = QPainter(image)
before = sys.getrefcount(None)
for _ in range(int(sys.argv[1]) // 8):
    label.setText("word")
    label.update()
    timer.setInterval(5)
    thing.setObjectName("name")
    painter.setPen(QColor(1, 2, 3))
    painter.drawPoint(QPointF(1, 1))
    painter.save()
    painter.restore()
painter.end()
print(sys.getrefcount(None) - before)
"""


def test_void_calls_of_qt_give_no_reference_to_none_away(run_python) -> None:
    lost = int(run_python(SCRIPT, CALLS).stdout)
    # On Python 3.12 and newer None is immortal, and it is enough to be alive.
    assert abs(lost) < CALLS / 100 or sys.version_info >= (3, 12)


def test_slots_that_return_nothing_and_virtual_methods_give_none_away_neither(run_python) -> None:
    script = """
import sys
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

class Thing(QWidget):
    said = Signal(int)
    count = 0
    def hear(self, number):
        self.count += number
    def customEvent(self, event):
        self.count += 1

application = QApplication([])
thing = Thing()
thing.said.connect(thing.hear)
thing.said.connect(lambda number: None)
before = sys.getrefcount(None)
for _ in range(int(sys.argv[1])):
    thing.said.emit(1)
    QApplication.sendEvent(thing, QEvent(QEvent.Type.User))
assert thing.count == 2 * int(sys.argv[1])
print(sys.getrefcount(None) - before)
"""
    calls = 30_000
    lost = int(run_python(script, calls).stdout)
    assert abs(lost) < calls / 100 or sys.version_info >= (3, 12)
