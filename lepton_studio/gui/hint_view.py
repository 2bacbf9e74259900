"""What there is to say of the run that is watched: nothing while all is well, otherwise one to three hints."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from lepton_studio.engine import Experiment, Hint, Run, evidence_of, hints_for, rebased
from lepton_studio.gui import theme
from lepton_studio.gui.hint_card import HintCard, NextRun
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.page import button
from lepton_studio.gui.widgets.form import spec_text

MOST_HINTS = 3
# Within an epoch, rules look as often as that.
SECONDS_BETWEEN_LOOKS = 1.0
# A hint that is no longer true stays for so long, so that it can be read; one that somebody is at stays longer.
SECONDS_KEPT = 8.0
# More of the height of the window would be missed by the curves; the rest is scrolled to.
LARGEST_SHARE = 0.3


class HintView(QWidget):
    """Looks when the monitor has news; hidden while there is nothing to say.

    Signals:
        steer_wanted: a field of the live settings of the run under way, and its new value.
        extend_wanted: how many more epochs the run that has ended shall be trained.
    """

    steer_wanted = Signal(str, float)
    extend_wanted = Signal(int)

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Begins to follow a monitor."""
        super().__init__(parent)
        self.setObjectName("hint_view")
        self._monitor, self._session = monitor, monitor.session
        self._run: Run | None = None
        # What each hint changes, as it was when the hint was true: the run may have been steered since.
        self._bases: dict[str, Experiment] = {}
        self._cards: dict[str, HintCard] = {}
        # When each hint was last true; which were closed, and which of them the run was steered by.
        self._true_at: dict[str, float] = {}
        self._closed: set[tuple[str, str]] = set()
        self._steered: set[tuple[str, str]] = set()
        self._seen: tuple[object, ...] = ()
        self._looked_at = 0.0
        self._is_unfolded = False
        inside = QWidget()
        self._layout = QVBoxLayout(inside)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.GRID)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._area)
        self._others = self._make_others()
        self._layout.addWidget(self._others, 0, Qt.AlignmentFlag.AlignLeft)
        self._leaving = QTimer(self, singleShot=True, interval=round(SECONDS_KEPT * 1000))
        self._leaving.timeout.connect(self._look)
        self._session.experiment_changed.connect(self._show_states)
        self._session.training_changed.connect(self.refresh)
        monitor.moved.connect(self.refresh)
        self.hide()
        self.refresh()

    @property
    def cards(self) -> tuple[HintCard, ...]:
        """What is said, also where it is folded away, the weightiest first."""
        return tuple(self._cards.values())

    def refresh(self) -> None:
        """Looks for what there is to say: at news such as the end of an epoch, else once a second. Takes about 1 ms."""
        run = self._monitor.run
        if run is not self._run:
            self._forget(run)
        if run is None:
            return
        seen = (len(run.history.epochs), run.record.state, len(run.changes), run.record.diverged_at)
        if seen != self._seen or monotonic() - self._looked_at > SECONDS_BETWEEN_LOOKS:
            self._seen = seen
            self._look()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale():
            self._leaving.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._leaving.stop()

    # --- looking

    def _forget(self, run: Run | None) -> None:
        self._run, self._seen = run, ()
        self._is_unfolded = False
        self._true_at.clear()
        self._bases.clear()
        self._show({})

    def _look(self) -> None:
        run = self._run
        if run is None:
            return
        self._looked_at = monotonic()
        known = evidence_of(run, self._monitor.newest)
        found = {hint.rule: hint for hint in hints_for(known) if (run.id, hint.rule) not in self._closed}
        self._bases |= dict.fromkeys(found, known.experiment)
        self._true_at |= dict.fromkeys(found, self._looked_at)
        # What is true now, the weightiest first, then what was until a moment ago.
        kept = {
            rule: card.hint
            for rule, card in self._cards.items()
            if rule not in found and (self._looked_at - self._true_at[rule] < SECONDS_KEPT or card.is_read)
        }
        shown = dict(list(found.items())[:MOST_HINTS]) | kept
        self._show(shown)
        if self._is_stale() and self.isVisible():
            self._leaving.start()

    def _is_stale(self) -> bool:
        """Whether something is shown that is no longer true."""
        return any(self._true_at[rule] < self._looked_at for rule in self._cards)

    # --- showing

    def _make_others(self) -> QPushButton:
        others = button("hint_others", "")
        others.setCheckable(True)
        others.toggled.connect(self._unfold)
        others.hide()
        return others

    def _unfold(self, is_unfolded: bool) -> None:
        self._is_unfolded = is_unfolded
        self._show_folds()

    def _show(self, hints: dict[str, Hint]) -> None:
        """Makes and removes cards; those that stay keep what was unfolded in them."""
        for rule in [rule for rule in self._cards if rule not in hints]:
            card = self._cards.pop(rule)
            card.hide()
            self._layout.removeWidget(card)
            card.deleteLater()
        for rule, hint in hints.items():
            if rule not in self._cards:
                self._cards[rule] = self._make_card(hint)
            elif hint != self._cards[rule].hint:
                self._cards[rule].show_hint(hint)
        # Nothing comes above what somebody is at.
        order = sorted(hints, key=lambda rule: (not self._cards[rule].is_read, list(hints).index(rule)))
        if order != list(self._cards) or self._layout.count() != len(order) + 1:
            self._cards = {rule: self._cards[rule] for rule in order}
            for place, card in enumerate(self._cards.values()):
                self._layout.insertWidget(place, card)
        self._show_states()
        self._show_folds()
        self.setVisible(bool(self._cards))

    def _make_card(self, hint: Hint) -> HintCard:
        card = HintCard(hint, self)
        card.next_wanted.connect(lambda: self._apply(card.hint))
        card.now_wanted.connect(lambda: self._steer(card.hint))
        card.more_wanted.connect(lambda: self.extend_wanted.emit(card.hint.more_epochs))
        card.undo_wanted.connect(lambda: self._take_back(card.hint))
        card.closed.connect(lambda: self._close(card.hint))
        card.resized.connect(self._fit)
        return card

    def _show_folds(self) -> None:
        cards = list(self._cards.values())
        others = len(cards) - 1
        for card in cards[1:]:
            card.setVisible(self._is_unfolded)
        if cards:
            cards[0].show()
        self._others.setVisible(others > 0)
        if others > 0:
            more = self.tr("1 more hint") if others == 1 else self.tr("{} more hints").format(others)
            self._others.setText(self.tr("Show the first hint only") if self._is_unfolded else more)
            self._others.setChecked(self._is_unfolded)
        self._fit()

    def _fit(self) -> None:
        """As high as what it says, up to a share of the window."""
        shown = [card.height() for card in self._cards.values() if card.isVisibleTo(self)]
        if self._others.isVisibleTo(self):
            shown.append(self._others.sizeHint().height())
        needed = sum(shown) + theme.GRID * max(0, len(shown) - 1)
        self._area.setFixedHeight(
            min(needed, max(min(shown, default=0), round(LARGEST_SHARE * self.window().height())))
        )

    def _show_states(self) -> None:
        for card in self._cards.values():
            is_running = self._run is not None and self._run.record.state == "running"
            card.show_state(is_running, self._is_steered(card.hint), self._next_run(card.hint))

    # --- changing

    def _is_steered(self, hint: Hint) -> bool:
        return self._run is not None and (self._run.id, hint.rule) in self._steered

    def _next_run(self, hint: Hint) -> NextRun:
        """What the experiment of the session has of the change."""
        if hint.experiment is None:
            return "open"
        current = self._session.experiment
        changed = rebased(self._bases[hint.rule], hint.experiment, current)
        if changed is None:
            return "done" if current.architecture.layers == hint.experiment.architecture.layers else "another network"
        return "done" if changed == current else "open"

    def _apply(self, hint: Hint) -> None:
        if hint.experiment is None:
            return
        changed = rebased(self._bases[hint.rule], hint.experiment, self._session.experiment)
        if changed is not None:
            self._session.edit(hint.remedy.said(spec_text), changed)

    def _take_back(self, hint: Hint) -> None:
        """One step back if that was it; else the change is undone by another one."""
        stack = self._session.undo_stack
        if stack.undoText() == hint.remedy.said(spec_text):
            stack.undo()
        elif hint.experiment is not None:
            before = rebased(hint.experiment, self._bases[hint.rule], self._session.experiment)
            if before is not None:
                self._session.edit(self.tr("Take back: {}").format(hint.remedy.said(spec_text)), before)

    def _steer(self, hint: Hint) -> None:
        if self._run is not None:
            self._steered.add((self._run.id, hint.rule))
            for field, value in hint.steer:
                self.steer_wanted.emit(field, value)
            self._show_states()

    def _close(self, hint: Hint) -> None:
        if self._run is not None:
            self._closed.add((self._run.id, hint.rule))
            self._show({rule: card.hint for rule, card in self._cards.items() if rule != hint.rule})
