"""The panel beside the network of the Draw page: which networks it has, and what they say to the drawing of now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.engine import Judge, LeptonError, Part, Run, Stroke
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.run_listing import RunListing, identity_of
from lepton_studio.gui.window_memory import keep_text, kept_text

NAME = "panel"
# More than fit on a screen help nobody.
MOST = 8
# What all of them together may take in the thread of the window, after the bars; else they answer beside it.
DIRECT_SECONDS = 0.004
# How often it looks whether a run has learned more, or is gone.
LOOK_MILLISECONDS = 250


class Judging(QObject):
    """Asks the added networks whenever the easel has answered, while somebody looks. Its owner calls :meth:`stop`.

    Attributes:
        listing: which networks there are.
        judges: those that were added, in order, also one that the page itself looks at now.

    Signals:
        changed: other networks are on the panel.
        judged: what they say is another thing.
        lost: these names were taken off, because their runs are gone.
    """

    changed = Signal()
    judged = Signal()
    lost = Signal(list)

    def __init__(self, easel: Easel, widget: QWidget) -> None:
        """Takes up the networks of last time; those that are gone are passed over."""
        super().__init__(widget)
        self._easel, self._widget = easel, widget
        self.listing = RunListing(easel.session, self)
        self.judges: list[Judge] = []
        self._opinions: dict[Judge, Part] = {}
        self._asked: tuple[object, ...] = ()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._ask)
        self._look = QTimer(self, interval=LOOK_MILLISECONDS)
        self._look.timeout.connect(self._look_around)
        self._work = LatestWork(widget, self._job, rest=0)
        self._work.event_emitted.connect(self._take)
        self._work.ended.connect(self._end)
        for identity in _kept():
            with contextlib.suppress(LeptonError):
                self.judges.append(Judge(self.listing.find(identity)))
        for signal in (easel.answered, easel.part_chosen):
            signal.connect(self.follow)
        easel.network_changed.connect(self.changed)
        easel.session.runs_changed.connect(self._look_around)

    @property
    def others(self) -> list[Judge]:
        """Those beside the network of the page."""
        own = self._easel.session.chosen
        return [judge for judge in self.judges if own is None or identity_of(judge.run) != identity_of(own)]

    @property
    def room(self) -> int:
        """How many more can be added."""
        return MOST - len(self.judges)

    def opinion(self, judge: Judge) -> Part | None:
        """What one says; None while it has not answered."""
        return self._opinions.get(judge)

    def has(self, identity: str) -> bool:
        """Whether a network is on the panel already, or is that of the page."""
        own = self._easel.session.chosen
        taken = [identity_of(judge.run) for judge in self.judges]
        return identity in taken or (own is not None and identity == identity_of(own))

    def add(self, identities: Sequence[str]) -> None:
        """Adds networks as far as there is room; LeptonError if one cannot be read, those before it are added."""
        try:
            for identity in identities:
                if self.room > 0 and not self.has(identity):
                    self.judges.append(Judge(self.listing.find(identity)))
        finally:
            self._keep()
            self.changed.emit()
            self.follow()

    def remove(self, judge: Judge) -> None:
        """Takes one off."""
        self._take_off([judge])
        self._keep()

    def begin(self) -> None:
        """Somebody looks."""
        for judge in self.judges:
            judge.take_calibration()
        self._look.start()
        self._look_around()
        self.follow()

    def rest(self) -> None:
        """Nobody looks."""
        self._look.stop()
        self._soon.stop()

    def stop(self) -> None:
        """Ends the work for good."""
        self.rest()
        self._work.stop()

    def follow(self) -> None:
        """Asks at the next turn of the event loop: the bars come first."""
        if self._widget.isVisible():
            self._soon.start()

    # --- asking

    def _ask(self) -> None:
        part, judges = self._easel.part, self._willing()
        if part is None or not judges:
            if part is None:
                self._opinions.clear()
                self._work.drop()
            self.judged.emit()
        elif not self._work.is_settled:
            # Not begun anew for each point of the pen, or slow networks would never come to an end.
            return
        elif sum(DIRECT_SECONDS if judge.seconds is None else judge.seconds for judge in judges) <= DIRECT_SECONDS:
            for judge, opinion in _opinions(judges, part, self._strokes(), self._easel.coverage):
                self._note(judge, opinion)
            self.judged.emit()
        else:
            self._work.wish()

    def _job(self) -> Iterator[tuple[Judge, Part | None]] | None:
        part, judges = self._easel.part, self._willing()
        self._asked = (part, *judges)
        if part is None:
            return None
        return _opinions(judges, part, self._strokes(), self._easel.coverage)

    def _take(self, event: tuple[Judge, Part | None]) -> None:
        judge, opinion = event
        if self._easel.part is not None and judge in self.judges:
            is_news = judge not in self._opinions
            self._note(judge, opinion)
            if is_news:
                self.judged.emit()

    def _end(self) -> None:
        self.judged.emit()
        unasked = [judge for judge in self._willing() if judge not in self._asked]
        if unasked or not self._asked or self._asked[0] is not self._easel.part:
            # What was drawn meanwhile, and who came.
            self.follow()

    def _note(self, judge: Judge, opinion: Part | None) -> None:
        if opinion is not None:
            self._opinions[judge] = opinion
        else:
            self._opinions.pop(judge, None)

    def _willing(self) -> list[Judge]:
        """Those that may answer: one that could not is asked again when it has other weights."""
        return [judge for judge in self.others if not judge.trouble or judge.is_behind]

    def _strokes(self) -> tuple[Stroke, ...]:
        return () if self._easel.photograph is not None else self._easel.strokes

    # --- what becomes of the runs

    def _look_around(self) -> None:
        if not self._widget.isVisible():
            return
        gone = [judge for judge in self.judges if not judge.is_there]
        if gone:
            names = [self.listing.name_of(judge.run) for judge in gone]
            self._take_off(gone)
            self._keep()
            self.lost.emit(names)
        self._take_live()
        if any(judge.is_behind for judge in self.others):
            self.follow()

    def _take_live(self) -> None:
        """A run that goes on learning answers with what it learns now."""
        live: Run | None = self._easel.session.run
        for at, judge in enumerate(self.judges):
            if live is not None and judge.run is not live and identity_of(judge.run) == live.id:
                self._opinions.pop(judge, None)
                self.judges[at] = Judge(live)
                self.changed.emit()

    def _take_off(self, judges: Sequence[Judge]) -> None:
        for judge in judges:
            self.judges.remove(judge)
            self._opinions.pop(judge, None)
        self.changed.emit()

    def _keep(self) -> None:
        keep_text(NAME, msgspec.json.encode([identity_of(judge.run) for judge in self.judges]).decode())


def _opinions(
    judges: Sequence[Judge], part: Part, strokes: tuple[Stroke, ...], coverage: float
) -> Iterator[tuple[Judge, Part | None]]:
    """Asks one after the other; None from one that cannot answer."""
    for judge in judges:
        try:
            opinion = judge.judge(part, strokes, coverage)
        except LeptonError:
            yield judge, None
        else:
            yield judge, opinion


def _kept() -> list[str]:
    """The identities of the networks of last time."""
    with contextlib.suppress(msgspec.MsgspecError):
        return msgspec.json.decode(kept_text(NAME).encode(), type=list[str])[:MOST]
    return []
