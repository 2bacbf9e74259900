"""One click on a page that only says that the network does not fit: the best of what was tried."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QEvent, QObject

from lepton_studio.engine import Fix, describe, find_fixes
from lepton_studio.gui.fix_wording import FixWording
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.message_line import MessageLine


class MendingOffer(QObject):
    """Watches the experiment for one page; where one change makes the network fit, the page's line offers it."""

    def __init__(self, session: Session, message: MessageLine) -> None:
        """Begins to watch.

        Args:
            session: whose experiment.
            message: the line of a page that says what does not fit.
        """
        super().__init__(message)
        self._session, self._message, self._words = session, message, FixWording(self)
        message.accepted.connect(self._mend)
        # Changes are tried only for somebody who looks.
        message.installEventFilter(self)
        for signal in (session.experiment_changed, session.samples_changed, session.engine_started):
            signal.connect(self.refresh)
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self.refresh()
        return super().eventFilter(watched, event)

    def refresh(self) -> None:
        """Offers it, if the line is seen and says just that."""
        if self._message.isVisible() and self._is_said():
            best = self._best()
            self._message.offer(self._words.short(best) if best is not None else "")

    def _is_said(self) -> bool:
        """Whether the line says what does not fit; what else it says may have an offer of its own."""
        obstacle = self._session.obstacle()
        return obstacle is not None and self._message.text == str(obstacle)

    def _best(self) -> Fix | None:
        samples = self._session.samples
        if samples is None or not self._is_said():
            return None
        architecture, classes = self._session.experiment.architecture, len(samples.class_names)
        if not describe(architecture, samples.shape, classes).errors:
            return None
        fixes = find_fixes(architecture, samples.shape, classes, most=1)
        return next((fix for fix in fixes if fix.is_complete), None)

    def _mend(self) -> None:
        best = self._best()
        if best is not None:
            experiment = msgspec.structs.replace(self._session.experiment, architecture=best.architecture)
            self._session.edit(self._words.short(best), experiment)
