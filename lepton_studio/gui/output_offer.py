"""One click for the commonest misfit: a last layer with another number of outputs than there are classes."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject

from lepton_studio.engine import Architecture, with_outputs_for
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.message_line import MessageLine


class OutputOffer(QObject):
    """Watches the experiment for one page; where it does not fit and can be mended, the page's line offers that."""

    def __init__(self, session: Session, message: MessageLine) -> None:
        """Begins to watch.

        Args:
            session: whose experiment.
            message: the line of a page that says what does not fit.
        """
        super().__init__(message)
        self._session, self._message = session, message
        message.accepted.connect(self._mend)
        for signal in (session.experiment_changed, session.samples_changed, session.engine_started):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Offers it, if the line says just that."""
        samples = self._session.samples
        if samples is None or self._mended() is None or self._message.text != str(self._session.obstacle()):
            self._message.offer("")
            return
        self._message.offer(self.tr("Give it {} outputs").format(len(samples.class_names)))

    def _mended(self) -> Architecture | None:
        samples = self._session.samples
        if samples is None or self._session.obstacle() is None:
            return None
        return with_outputs_for(self._session.experiment.architecture, samples.shape, len(samples.class_names))

    def _mend(self) -> None:
        mended = self._mended()
        if mended is not None:
            experiment = msgspec.structs.replace(self._session.experiment, architecture=mended)
            self._session.edit(self.tr("Fit the outputs to the classes"), experiment)
