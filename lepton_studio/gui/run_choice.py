"""Which network a page looks at: the picker, filled from the store of runs and kept true with the session."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lepton_studio.engine import LeptonError
from lepton_studio.gui.run_listing import RunListing, identity_of
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.run_picker import RunPicker


class RunChoice(QObject):
    """Connects a :class:`RunPicker` with the session: the same network is chosen on every page."""

    def __init__(self, session: Session, object_name: str) -> None:
        """Makes the picker."""
        super().__init__()
        self.session = session
        self._page = object_name.replace("run_picker", "page")
        self.picker = RunPicker()
        # The two end together: a choice without its picker must not hear of runs any more.
        self.setParent(self.picker)
        self.picker.setObjectName(object_name)
        self.picker.setToolTip(self.tr("Which trained network answers"))
        self.picker.run_picked.connect(self._picked)
        self.picker.list_wanted.connect(self.refresh)
        self._listing = RunListing(session, self)
        session.run_chosen.connect(self.refresh)
        session.runs_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Lists what there is now."""
        chosen = self.session.chosen
        entries = self._listing.entries(opened=chosen)
        shown = identity_of(chosen) if chosen is not None else ""
        if chosen is not None and shown not in [identity for identity, _ in entries]:
            entries.insert(0, (shown, self._listing.text_of(chosen)))
        self.picker.show_runs(entries, shown)

    def _picked(self, identity: str) -> None:
        try:
            self.session.choose(self._listing.find(identity))
        except LeptonError as error:
            self.session.trouble_met.emit(error, self._page)
