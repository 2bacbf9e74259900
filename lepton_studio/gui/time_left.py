"""How long a job will still take, from how far it came so far."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import QObject

from lepton_studio.engine import Progress
from lepton_studio.gui.wording import duration

# A guess from less than this is none.
SURE_SECONDS, SURE_SHARE = 1.0, 0.01


class TimeLeft(QObject):
    """Watches the progress of one job after the other."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Starts with no job."""
        super().__init__(parent)
        self._job: tuple[str, int] = ("", 0)
        self._start = 0.0
        self._first = self._last = 0

    def words(self, progress: Progress) -> str:
        """What is being done, and how long still once that can be told.

        A text may name the file under way: a job is known by its first word and by how much there is to do.
        """
        seconds = self.seconds(progress)
        return progress.text if seconds is None else self.tr("{0} · {1} left").format(progress.text, duration(seconds))

    def seconds(self, progress: Progress) -> float | None:
        """The same as a number; None while nobody can tell."""
        job = (progress.text.split(" ")[0], progress.total)
        # One that goes back has begun anew.
        if job != self._job or progress.done < self._last:
            self._job, self._start, self._first = job, monotonic(), progress.done
        self._last = progress.done
        spent, done = monotonic() - self._start, progress.done - self._first
        if not progress.total or spent < SURE_SECONDS or done < progress.total * SURE_SHARE:
            return None
        return spent * (progress.total - progress.done) / done
