"""A number with its range, unit and steps."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from lepton_studio.engine.fields import Field
from lepton_studio.gui import theme

FARTHEST = 1e12
# The first step above 0 of a logarithmic field.
SMALLEST = 1e-6


class NumberEdit(QDoubleSpinBox):
    """Edits one number of a spec. Logarithmic fields step 1, 2, 5, 10, 20 ... and show 0.001 as 0.001."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        """Takes range, unit and kind of steps from the field."""
        super().__init__(parent)
        self._whole = field.kind == "integer"
        self._logarithmic = field.logarithmic
        self.setDecimals(0 if self._whole else 12)
        self.setRange(
            field.minimum if field.minimum is not None else -FARTHEST,
            field.maximum if field.maximum is not None else FARTHEST,
        )
        self.setSuffix(f" {QCoreApplication.translate('specs', field.unit)}" if field.unit else "")
        # Shown instead of the lowest number, which is 0 where it has a name.
        self.setSpecialValueText(QCoreApplication.translate("specs", field.zero) if field.zero else "")
        self.setStepType(QDoubleSpinBox.StepType.DefaultStepType)
        span = self.maximum() - self.minimum()
        self.setSingleStep(1 if self._whole else (0.01 if span <= 1 else 0.5))
        # A value counts when it is finished, not at each digit on the way.
        self.setKeyboardTracking(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(theme.px(80))

    def textFromValue(self, value: float) -> str:
        return f"{round(value):d}" if self._whole else f"{value:.6g}"

    def valueFromText(self, text: str) -> float:
        plain = self._plain(text)
        if plain == self.textFromValue(self.value()):
            # Six digits are shown; the others must not be lost by leaving the field.
            return self.value()
        try:
            return float(plain)
        except ValueError:
            return self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        plain = self._plain(text)
        try:
            number = float(plain)
        except ValueError:
            # "1e-" and "" are on the way to a number.
            return QValidator.State.Intermediate, text, position
        inside = self.minimum() <= number <= self.maximum() and math.isfinite(number)
        return (QValidator.State.Acceptable if inside else QValidator.State.Intermediate), text, position

    def stepBy(self, steps: int) -> None:
        if not self._logarithmic:
            super().stepBy(steps)
            return
        for _ in range(abs(steps)):
            value = _next_of_125(self.value(), up=steps > 0)
            # Where 0 is allowed, it is the step below the smallest.
            self.setValue(0.0 if value < SMALLEST and self.minimum() <= 0 else value)

    def _plain(self, text: str) -> str:
        if text and text == self.specialValueText():
            return self.textFromValue(0.0)
        return text.removesuffix(self.suffix()).strip().replace(",", ".")

    def event(self, event: QEvent) -> bool:
        # With nothing half-typed, Ctrl+Z means the last edit of the experiment, not that of the digits.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            undo = any(event.matches(key) for key in (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo))
            if undo and self._plain(self.text()) == self.textFromValue(self.value()):
                event.ignore()
                return False
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Scrolling a page must not change what the pointer happens to pass.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _next_of_125(value: float, up: bool) -> float:
    """The neighbour in 1, 2, 5, 10, 20, 50 ..."""
    if value <= 0:
        return SMALLEST if up else value
    exponent = math.floor(math.log10(value))
    ladder = [digit * 10.0**power for power in (exponent - 1, exponent, exponent + 1) for digit in (1, 2, 5)]
    slack = 1e-9 * value
    if up:
        return next(step for step in ladder if step > value + slack)
    return next(step for step in reversed(ladder) if step < value - slack)
