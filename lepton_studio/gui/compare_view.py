"""Several networks side by side on the same drawing: what each answers, and who agrees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from lepton_studio.engine import LeptonError, Part, Run, agreement_of, list_runs
from lepton_studio.gui import theme
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.judging import Judging
from lepton_studio.gui.page import button, second
from lepton_studio.gui.run_listing import identity_of
from lepton_studio.gui.verdict import Verdict
from lepton_studio.gui.widgets.answer_rows import AnswerRow, AnswerRows, Stance
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.run_adder import RunAdder
from lepton_studio.gui.widgets.verdict_card import VerdictCard
from lepton_studio.gui.wording import grouped

BEST = 3


class CompareView(QWidget):
    """The network of the page first, those that were added below it; does nothing while nobody looks.

    Its owner calls :meth:`stop`.
    """

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Takes up the networks of last time."""
        super().__init__(parent)
        self.setObjectName("compare_view")
        self._easel = easel
        self.judging = Judging(easel, self)
        self._words = Verdict(self)
        self.verdict = VerdictCard("compare_verdict")
        self._make_adding()
        self.message = MessageLine()
        self.rows = AnswerRows()
        self.rows.setObjectName("compare_rows")
        self.rows.removal_wanted.connect(self._remove)
        self.rows.row_activated.connect(self._take_up)
        self._empty = second(
            self.tr(
                "Add other networks, and see where they agree: a drawing over which they quarrel is a hard one. Its "
                "epochs are this network as it was while it learned."
            )
        )
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.GRID, 0)
        column.setSpacing(theme.GAP_SMALL)
        for part in (self.rows, self._empty):
            column.addWidget(part)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for piece in (self.verdict, self.message):
            layout.addWidget(piece)
        layout.addWidget(self.adder)
        layout.addLayout(self._quick)
        layout.addWidget(area, 1)
        self.judging.changed.connect(self._show_all)
        self.judging.judged.connect(self._show)
        self.judging.lost.connect(self._tell_lost)

    def stop(self) -> None:
        """Ends background work for good."""
        self.judging.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        self.judging.begin()
        self._show_all()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rests."""
        super().hideEvent(event)
        self.judging.rest()

    # --- parts

    def _make_adding(self) -> None:
        self.adder = RunAdder(self.tr("Add a network ..."))
        self.adder.setObjectName("compare_add")
        self.adder.list_wanted.connect(self._list)
        self.adder.run_picked.connect(lambda identity: self._add([identity]))
        self.epochs_button = button("compare_epochs", self.tr("Its epochs"))
        self.epochs_button.clicked.connect(self._add_epochs)
        self.best_button = button("compare_best", self.tr("The best three"))
        self.best_button.setToolTip(
            self.tr("Adds the networks for the same classes with the highest accuracy, each on its own test pictures")
        )
        self.best_button.clicked.connect(self._add_best)
        self._quick = QHBoxLayout()
        self._quick.setSpacing(theme.GAP_SMALL)
        self._quick.addWidget(self.epochs_button, 1)
        self._quick.addWidget(self.best_button, 1)

    # --- what people do

    def _list(self) -> None:
        entries = self.judging.listing.entries(all_opened=True)
        self.adder.show_runs([each for each in entries if not self.judging.has(each[0])])

    def _add(self, identities: list[str]) -> None:
        self.message.clear()
        try:
            self.judging.add(identities)
        except LeptonError as error:
            self.message.say(str(error))

    def _add_epochs(self) -> None:
        run = self._easel.session.chosen
        if run is None:
            return
        kept = [run.at_epoch(each.epoch) for each in run.kept_epochs()]
        wanted = [identity for identity in map(identity_of, kept) if not self.judging.has(identity)]
        room = self.judging.room
        chosen = wanted
        if len(wanted) > room:
            # First and last among them, so that the whole way is seen.
            chosen = [wanted[at] for at in np.linspace(0, len(wanted) - 1, room).round().astype(int)]
        self._add(chosen)
        if len(chosen) < len(wanted):
            text = self.tr("{0} of its {1} kept epochs were added: there is no room for more.")
            self.message.say(text.format(len(chosen), len(wanted)), "second_text")
        elif not wanted:
            self.message.say(self.tr("All its kept epochs are here already."), "second_text")

    def _add_best(self) -> None:
        own = self._easel.session.chosen
        try:
            runs = list_runs() if own is not None else []
        except LeptonError as error:
            self.message.say(str(error))
            return
        alike = [
            (run.record.test_accuracy, identity_of(run))
            for run in runs
            if own is not None and run.record.test_accuracy is not None
            and set(run.record.class_names) == set(own.record.class_names) and not self.judging.has(run.id)
        ]  # fmt: skip
        best = [identity for _, identity in sorted(alike, key=lambda each: -each[0])[:BEST]]
        self._add(best)
        if not best:
            self.message.say(self.tr("There is no other finished run that knows the same classes."), "second_text")

    def _remove(self, at: int) -> None:
        if 0 < at <= len(self.judging.others):
            self.judging.remove(self.judging.others[at - 1])

    def _take_up(self, at: int) -> None:
        """Lets another network be that of the page."""
        if 0 < at <= len(self.judging.others):
            self._easel.session.choose(self.judging.others[at - 1].run)

    def _tell_lost(self, names: list[str]) -> None:
        once, often = self.tr("{} is gone: it was deleted."), self.tr("{} are gone: they were deleted.")
        self.message.say((once if len(names) == 1 else often).format(", ".join(names)), "warning")

    # --- what is shown

    def _show_all(self) -> None:
        """Other networks are here."""
        run = self._easel.session.chosen
        kept = len(run.kept_epochs()) if run is not None else 0
        has_room = self.judging.room > 0
        self.adder.setEnabled(has_room)
        self.best_button.setEnabled(has_room)
        self.epochs_button.setEnabled(has_room and kept > 0)
        self.epochs_button.setToolTip(
            self.tr("Adds this network as it was after each of its {} kept epochs").format(kept)
            if kept
            else self.tr("No epochs of this network are kept")
        )
        full = self.tr("There is room for {} networks. Take one away first.").format(len(self.judging.judges))
        self.adder.setToolTip("" if has_room else full)
        self._empty.setVisible(not self.judging.others)
        self._show()

    def _show(self) -> None:
        if not self.isVisible():
            return
        own, part, others = self._easel.session.chosen, self._easel.part, self.judging.others
        runs = ([own] if own is not None else []) + [judge.run for judge in others]
        opinions = ([part] if own is not None else []) + [self.judging.opinion(judge) for judge in others]
        if part is None:
            opinions = [None] * len(runs)
        agreement = agreement_of(opinions, [run.record.class_names for run in runs])
        names = [self.judging.listing.name_of(run) for run in runs]
        self.verdict.say(*self._words.words(agreement, names, opinions))
        troubles = {number + len(runs) - len(others): judge.trouble for number, judge in enumerate(others)}
        rows = []
        for number, (run, opinion) in enumerate(zip(runs, opinions, strict=True)):
            is_own = own is not None and number == 0
            rows.append(
                self._row(run, opinion, self._words.stance(agreement, number), troubles.get(number, ""), is_own)
            )
        self.rows.show_rows(rows)

    def _row(self, run: Run, opinion: Part | None, stance: tuple[Stance, str], trouble: str, is_own: bool) -> AnswerRow:
        part, record = self._easel.part, run.record
        facts = self.tr("{} parameters").format(grouped(record.parameters))
        if run is self._easel.session.under_way:
            facts = self.tr("learning now")
        if stance[0] == "stranger":
            # Where there is no room for both, this is what people must know.
            facts = stance[1]
        blank = AnswerRow(
            self.judging.listing.name_of(run),
            self.tr("on this page · {}").format(facts) if is_own else facts,
            record.class_names,
            stance=stance[0],
            stance_text=stance[1] if stance[0] != "stranger" else "",
            trouble=trouble,
            is_own=is_own,
        )
        if opinion is None:
            return blank
        is_other = part is not None and not np.array_equal(opinion.picture, part.picture)
        return replace(
            blank,
            probabilities=opinion.probabilities,
            answer=opinion.label,
            is_known=opinion.is_known,
            picture=opinion.picture if is_other else None,
        )
