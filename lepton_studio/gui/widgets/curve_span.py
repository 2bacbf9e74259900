"""What plots share that stand above each other: which epochs they show, where the mouse is, what is looked back at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from lepton_studio.gui.widgets.curve_axis import Axis, Numbers, round_up

# Closer than so many batches nobody needs to look.
FEW_BATCHES = 12


class CurveSpan(QObject):
    """The x axis of all plots of a run, in epochs.

    Signals:
        moved: other epochs are shown.
        pointed: the mouse is elsewhere, or has left.
        looked_back: another epoch is looked back at.
        zoom_changed: a person has taken the view, or given it back.
    """

    moved = Signal()
    pointed = Signal()
    looked_back = Signal()
    zoom_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        """Shows the first epoch."""
        super().__init__(parent)
        self._whole = (0.0, 1.0)
        self._end = 1.0
        self._least = 1e-3
        self._zoom: tuple[float, float] | None = None
        self.pointer: float | None = None
        self.epoch: int | None = None

    @property
    def shown(self) -> tuple[float, float]:
        """The first and the last place that is shown."""
        return self._zoom if self._zoom is not None else self._whole

    @property
    def is_zoomed(self) -> bool:
        """Whether a person looks closer; the view then stays where it is."""
        return self._zoom is not None

    def follow(self, ends: Numbers, others: Sequence[float], window: int) -> None:
        """Shows the numbers of a run, unless a person looks closer.

        Args:
            ends: how many epochs were done at the end of each batch.
            others: where what lies beside the run ends.
            window: how many of the last batches are shown; 0: all of them, -1: those of the last epoch.
        """
        count = len(ends)
        begin, end = 0.0, float(ends[-1]) if count else 0.0
        self._least = FEW_BATCHES * end / count if count else self._least
        if 0 < window < count:
            begin = float(ends[-window - 1])
        elif window < 0:
            begin = max(0.0, end + window)
        self._end = max([end, *others, self._least])
        # The end of the whole in steps: an axis that moves with every number would be drawn anew with every number.
        whole = (begin, end) if begin > 0 else (0.0, round_up(self._end))
        if whole != self._whole:
            self._whole = whole
            if self._zoom is None:
                self.moved.emit()

    def zoom(self, low: float, high: float) -> None:
        """Looks closer; nothing lies left of the start, and nothing far behind the end."""
        width = max(high - low, self._least)
        furthest = max(round_up(self._end), self._whole[1])
        if width >= furthest:
            self.reset()
            return
        low = min(max(low, 0.0), furthest - width)
        is_new = self._zoom is None
        self._zoom = (low, low + width)
        self.moved.emit()
        if is_new:
            self.zoom_changed.emit()

    def reset(self) -> None:
        """Shows what there is, and follows it again."""
        if self._zoom is not None:
            self._zoom = None
            self.moved.emit()
            self.zoom_changed.emit()

    def point(self, at: float | None) -> None:
        """Puts the crosshair somewhere, or takes it away."""
        if at != self.pointer:
            self.pointer = at
            self.pointed.emit()

    def look_back(self, epoch: int | None) -> None:
        """Marks an epoch."""
        if epoch != self.epoch:
            self.epoch = epoch
            self.looked_back.emit()

    def axis(self, start: float, stop: float) -> Axis:
        """The axis of a plot whose paper lies between two pixels."""
        low, high = self.shown
        return Axis(low, high, start, stop)
