"""What can be done to a sheet of ink: strokes come, are erased, taken back, drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.gui.widgets.drawn_ink import DrawnInk, PadStroke, Point, Sheet, with_widths
from lepton_studio.gui.widgets.ink_replay import InkReplay
from lepton_studio.gui.widgets.stroke_under_way import StrokeUnderWay

DEFAULT_BRUSH = 0.075
BRUSH_SHOWN_MILLISECONDS = 900


@dataclass(frozen=True)
class SheetWork:
    """What the sheet that takes the place of another one goes on with."""

    ink: DrawnInk
    brush: float
    is_erasing: bool
    erases_parts: bool


class InkSheet(QWidget):
    """The drawing with its tools; how it looks and what draws on it is said by who inherits this.

    Attributes:
        motion: whether strokes may be drawn again point by point.

    Signals:
        strokes_changed: a point, a stroke or a picture came or went.
        undo_passed: there was no step left to take back, and somebody else said that they know an earlier one.
        tool_changed: brush or eraser, or their width, is another.
        replay_finished: all strokes are drawn again.
    """

    strokes_changed = Signal()
    undo_passed = Signal()
    tool_changed = Signal()
    replay_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self.motion = True
        self._ink = DrawnInk()
        self._replay = InkReplay(self)
        self._replay.moved.connect(self._changed)
        self._replay.ended.connect(self._end_replay)
        self._passes_undo = False
        self._stroke = StrokeUnderWay()
        self._brush = DEFAULT_BRUSH
        self._is_erasing = self._erases_parts = False
        # Where the eraser is while it is pressed.
        self._eraser: Point | None = None
        self._brush_shown = QTimer(self, singleShot=True, interval=BRUSH_SHOWN_MILLISECONDS)
        self._brush_shown.timeout.connect(self.update)

    # --- what lies there

    @property
    def strokes(self) -> tuple[PadStroke, ...]:
        """All strokes, the one under the pen included."""
        if self._replay.is_going:
            return self._replay.shown
        drawn = self._ink.sheet.strokes
        return (*drawn, self._stroke.stroke) if self._stroke.is_going else drawn

    @property
    def photograph(self) -> NDArray[np.uint8] | None:
        """A picture that lies there instead of strokes, H x W x 3, uint8."""
        return None if self._stroke.is_going or self._replay.is_going else self._ink.sheet.photograph

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back, or an earlier one of somebody else."""
        return bool(self._ink.last_step) or self._passes_undo

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back."""
        return bool(self._ink.next_step)

    @property
    def undo_step(self) -> str:
        """What Undo takes back: stroke, eraser, clear, width, picture or drawing; empty if nothing of this sheet."""
        return self._ink.last_step

    @property
    def redo_step(self) -> str:
        """What Redo does again, as of :attr:`undo_step`."""
        return self._ink.next_step

    def set_strokes(self, strokes: Sequence[PadStroke]) -> None:
        """Replaces everything that is drawn, and forgets it."""
        self.settle()
        self._ink.lay(tuple(strokes))
        self._changed()

    def put_back(self, strokes: Sequence[PadStroke]) -> None:
        """Shows an earlier drawing; what was on the canvas comes back when all of it is undone."""
        self.settle()
        self._ink.lay(tuple(strokes), keeps_past=True)
        self._changed()

    def show_photograph(self, pixels: NDArray[np.uint8]) -> None:
        """Lays a picture on the sheet, H x W x 3, uint8; the next stroke takes its place, and Undo brings it back."""
        self.settle()
        self._step("picture", Sheet(photograph=pixels))

    def clear(self) -> None:
        """Empties the sheet; Undo brings it back whole."""
        self.settle()
        self._step("clear", Sheet())

    def undo_stroke(self) -> None:
        """Takes the last step back."""
        self.settle()
        if self._ink.undo():
            self._changed()
        elif self._passes_undo:
            self.undo_passed.emit()

    def redo_stroke(self) -> None:
        """Does again what was taken back last."""
        self.settle()
        if self._ink.redo():
            self._changed()

    def pass_undo(self, passes: bool) -> None:
        """Sets whether somebody knows an earlier step than the first one here (see ``undo_passed``)."""
        if passes != self._passes_undo:
            self._passes_undo = passes
            self._changed()

    def replay(self, strokes: Sequence[PadStroke], speed: float = 1.0) -> None:
        """Draws strokes again, point by point; any input ends it with the whole drawing on the sheet.

        Args:
            strokes: what is to be drawn; what was there comes back when all of it is undone.
            speed: 1.0 is about as fast as a hand, a digit takes a second or two.
        """
        self.settle()
        self._ink.lay(tuple(strokes), keeps_past=True)
        if strokes and self.motion and self.isVisible():
            self._replay.start(tuple(strokes), speed)
            self._changed()
        else:
            self._end_replay()

    def settle(self) -> None:
        """Ends the stroke under way and what is being drawn again."""
        self.finish()
        self._replay.stop()

    def finish(self) -> None:
        """Ends the stroke under way, or the way of the eraser."""
        self._eraser = None
        if self._stroke.is_going:
            place = self._stroke.newest_place(self._square())
            self._ink.take("stroke", Sheet((*self._ink.sheet.strokes, self._stroke.end())))
            self._changed(place)

    def hand_over(self) -> SheetWork:
        """The drawing with its past, and the tools."""
        self.settle()
        return SheetWork(self._ink, self._brush, self._is_erasing, self._erases_parts)

    def take_over(self, work: SheetWork) -> None:
        """Goes on with what another sheet handed over."""
        self.settle()
        self._ink, self._brush = work.ink, work.brush
        self._is_erasing, self._erases_parts = work.is_erasing, work.erases_parts
        self.tool_changed.emit()
        self._changed()

    # --- tools

    @property
    def brush(self) -> float:
        """The width of the next strokes and of the eraser, as a share of the side."""
        return self._brush

    @property
    def is_erasing(self) -> bool:
        """Whether mouse and finger erase."""
        return self._is_erasing

    @property
    def erases_parts(self) -> bool:
        """Whether the eraser takes only what it touches, rather than whole strokes."""
        return self._erases_parts

    def set_brush(self, width: float) -> None:
        """Sets the width of the next strokes, as a share of the side."""
        if width != self._brush:
            self._brush = width
            self.tool_changed.emit()
            self.update()

    def show_brush(self) -> None:
        """Shows for a moment in the middle of the sheet how wide the brush is."""
        self._brush_shown.start()
        self.update()

    def set_erasing(self, erases: bool, parts: bool | None = None) -> None:
        """Takes the eraser or the brush; ``parts``: whether it takes only what it touches, None leaves that."""
        self.settle()
        self._is_erasing = erases
        self._erases_parts = self._erases_parts if parts is None else parts
        self.tool_changed.emit()
        self.update()

    def set_widths(self, width: float) -> None:
        """Gives everything that is drawn another width; changes that follow each other are one step."""
        self.settle()
        sheet = self._ink.sheet
        self._step("width", Sheet(with_widths(sheet.strokes, width), sheet.photograph), merges=True)

    # --- inside

    def _square(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _step(self, name: str, sheet: Sheet, merges: bool = False) -> bool:
        is_another = self._ink.take(name, sheet, merges)
        if is_another:
            self._changed()
        return is_another

    def _end_replay(self) -> None:
        self._changed()
        self.replay_finished.emit()

    def _changed(self, place: QRectF | None = None) -> None:
        if place is None:
            self.update()
        else:
            self.update(place.toAlignedRect())
        self.strokes_changed.emit()
