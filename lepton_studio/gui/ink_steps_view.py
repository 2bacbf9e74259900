"""What the network sees: every step from the drawing to the picture that it gets, as small pictures."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lepton_studio.engine import InkStep, picture_steps, stroke_steps
from lepton_studio.gui import theme
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.step_row import ShownStep, StepRow

# A pen that goes on is followed a few times a second: the bars must not wait for the steps, which take as long.
REST_MILLISECONDS = 250
MOST_STEPS = 5
ENLARGED = 200
# Before there is a network: what all digits are made of.
USUAL_SHAPE = (1, 28, 28)


class InkStepsView(QWidget):
    """A row of steps; the chosen one is shown large, where its numbers can be read."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Follows what lies on the easel."""
        super().__init__(parent)
        self.setObjectName("ink_steps_view")
        self._easel = easel
        self._is_due = True
        self._steps: tuple[InkStep, ...] = ()
        self.row = StepRow()
        self.row.setObjectName("ink_steps")
        self.row.setAccessibleName(self.tr("What the network sees, step by step"))
        self.row.set_placeholder(self.tr("How your drawing becomes what the network sees"))
        self.row.set_most(MOST_STEPS)
        self.row.step_chosen.connect(self._enlarge)
        self.sentence = second()
        self.pixels = PixelView()
        self.pixels.setObjectName("network_image")
        self.pixels.set_placeholder("")
        self.pixels.set_grid(True)
        self.pixels.setFixedHeight(theme.px(ENLARGED))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        for part in (self.row, self.sentence, self.pixels):
            column.addWidget(part)
        self.sentence.hide()
        self.pixels.hide()
        self._soon = QTimer(self, singleShot=True, interval=REST_MILLISECONDS)
        self._soon.timeout.connect(self._show)
        easel.answered.connect(self._wish)
        easel.part_chosen.connect(self._wish)

    @property
    def steps(self) -> tuple[InkStep, ...]:
        """What is shown."""
        return self._steps

    def stop(self) -> None:
        """Shows nothing more."""
        self._soon.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        """Waits until somebody looks again."""
        self._soon.stop()
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        if self._is_due:
            self._show()

    def _wish(self) -> None:
        self._is_due = True
        # A timer that runs is left running: while the pen moves, the steps must not wait for its rest.
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _show(self) -> None:
        if not self.isVisible():
            return
        self._is_due = False
        self._steps = self._found()
        self.row.set_steps([self._shown(step) for step in self._steps])
        self._enlarge(self.row.chosen)

    def _found(self) -> tuple[InkStep, ...]:
        easel = self._easel
        shape = easel.predictor.shape if easel.predictor is not None else USUAL_SHAPE
        if easel.photograph is not None:
            if easel.reader is None or easel.predictor is None or not easel.predictor.is_ink:
                return self._whole()
            found = easel.reader.known_parts(easel.photograph)
            if found is None:
                return ()
            steps = picture_steps(easel.photograph, found, easel.chosen)
            # The frame around the ink says as much; six pictures would be too small.
            return tuple(step for step in steps if step.kind != "box")
        part = easel.part
        is_cut = part is not None and len(easel.reading.parts) > 1
        return stroke_steps(easel.strokes, shape, part.strokes if part is not None and is_cut else ())

    def _whole(self) -> tuple[InkStep, ...]:
        """A network that did not learn from ink sees the whole picture."""
        part = self._easel.part
        if part is None:
            return ()
        seen = np.array(part.picture.transpose(1, 2, 0)[..., :3] if len(part.picture) >= 3 else part.picture[0])
        return (InkStep("seen", seen),)

    def _shown(self, step: InkStep) -> ShownStep:
        caption, tip = self._words(step)
        return ShownStep(step.picture, caption, tip, step.box, step.mass)

    def _words(self, step: InkStep) -> tuple[str, str]:
        height, width = step.picture.shape[:2]
        return {
            "drawn": (self.tr("drawn"), self.tr("What you drew, with a frame around its ink.")),
            "photographed": (self.tr("picture"), self.tr("The picture as it came, with a frame around its ink.")),
            "levelled": (
                self.tr("levelled"),
                self.tr("Shadows, ruled lines and specks are taken away, and the ink is made bright on black."),
            ),
            "box": (self.tr("cut out"), self.tr("Only the ink: where and how large you drew does not matter.")),
            "scaled": (
                self.tr("scaled"),
                self.tr("Scaled to {0} × {1} pixels; the cross is its centre of mass.").format(height, width),
            ),
            "centred": (
                self.tr("centred"),
                self.tr("Moved so that its centre of mass lies in the middle, as in the pictures it learned from."),
            ),
            "seen": (
                self.tr("seen"),
                self.tr("{0} × {1} grey levels: exactly what the network gets.").format(height, width),
            ),
        }[step.kind]

    def _enlarge(self, number: int) -> None:
        is_open = 0 <= number < len(self._steps)
        self.sentence.setVisible(is_open)
        self.pixels.setVisible(is_open)
        if is_open:
            picture = self._steps[number].picture
            self.sentence.setText(self._words(self._steps[number])[1])
            self.pixels.set_picture(picture.transpose(2, 0, 1) if picture.ndim == 3 else picture[None])
