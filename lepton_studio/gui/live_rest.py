"""Lets what is drawn of a running training rest: it is looked at, not read, and drawing takes from the training."""

from __future__ import annotations

from time import monotonic

from lepton_studio.gui.monitor import Monitor

# News of a run that goes on is drawn this often; what a person asks for, at once.
SECONDS = 1.0


class LiveRest:
    """Tells one view whether it is time to draw."""

    def __init__(self, monitor: Monitor) -> None:
        """Has drawn nothing yet."""
        self._monitor = monitor
        self._drawn_at = -SECONDS
        self._drawn: tuple[object, ...] = ()

    def is_due(self) -> bool:
        """Whether another moment is to be shown, nothing more is to come by itself, or a while has passed."""
        session = self._monitor.session
        run = self._monitor.run
        goes_on = session.training_state == "running" and run is not None and run.record.state == "running"
        return not goes_on or self._drawn != self._moment() or monotonic() - self._drawn_at >= SECONDS

    def note_drawn(self) -> None:
        """It was drawn now."""
        self._drawn, self._drawn_at = self._moment(), monotonic()

    def _moment(self) -> tuple[object, ...]:
        return self._monitor.run, self._monitor.epoch, self._monitor.session.samples
