"""Steering: settings of the training under way are set another way here, without stopping it."""

from __future__ import annotations

import math
from collections import Counter
from typing import Annotated, Any

import msgspec
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import Change, Experiment, LiveSettings, Run, live_settings, settings_now, steerable
from lepton_studio.engine.fields import about, fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.steering_form import SteeringForm
from lepton_studio.gui.train_settings import LABEL_WIDTH
from lepton_studio.gui.widgets.form import Form, spec_text
from lepton_studio.gui.widgets.steady_label import SteadyLabel
from lepton_studio.gui.wording import grouped, percent

PULL_MILLISECONDS = 300
MOST_CHANGES = 20
# A schedule that changes the learning rate by less than this does not change it.
SAME_RATE = 0.005
NAMES = tuple(field.name for field in fields_of(LiveSettings))


class _Longer(msgspec.Struct, frozen=True):
    more: Annotated[
        int, about("How many epochs to go on for.", label="More epochs", unit="epochs", low=1, high=10_000)
    ] = 5


class SteeringView(QWidget):
    """Pulls what is so; what is asked for shows at once, with when it comes to be."""

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Makes the form, the list of changes and the buttons."""
        super().__init__(parent)
        self.setObjectName("steering_view")
        self._session = monitor.session
        self._seen: tuple[object, ...] | None = None
        self._run: Run | None = None
        # What was asked for and did not come yet, and how often it was missing among the wishes.
        self._asked: dict[str, float] = {}
        self._missed: Counter[str] = Counter()
        self._words = second()
        self._words.setObjectName("steering_words")
        self._rate_text = second()
        self._rate_text.setObjectName("steering_rate")
        self._rate = SteadyLabel(self._rate_text)
        self.form = SteeringForm(theme.px(LABEL_WIDTH))
        self.form.setting_changed.connect(self._ask)
        self._make_extending()
        self._changes_heading = section(self.tr("Changes so far"))
        self._changes = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._changes.setObjectName("steering_changes")
        self._changes.setMinimumWidth(1)
        self.take_button = button("steering_take", self.tr("Take into the experiment"), "reset")
        self.take_button.setToolTip(self.tr("Make what was changed here the settings of the next run, too"))
        self.take_button.clicked.connect(self._take)
        self._left_out = second(self.tr("How strong dropout is, is said by the layers: set it on Build."))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, theme.GAP_SMALL, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for widget in (
            self._words, self._rate, self.form, self._longer, self.extend_button, self._changes_heading, self._changes,
            self.take_button, self._left_out,
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addStretch(1)
        self._timer = QTimer(self, interval=PULL_MILLISECONDS)
        self._timer.timeout.connect(self.refresh)
        for signal in (self._session.training_changed, self._session.experiment_changed):
            signal.connect(self._show_to_those_who_look)
        self._show_now()

    def refresh(self) -> None:
        """Looks for news and shows it; cheap where there is none."""
        run, state = self._session.run, self._session.training_state
        if run is None or run is not self._run or state == "idle":
            self._run = run
            self._asked.clear()
        else:
            self._drop_what_came(run)
        changes = run.changes if run is not None else ()
        asked = tuple(self._asked.items())
        news = (run, state, changes, asked, run and run.record.state, self._session.experiment)
        if news != self._seen:
            self._seen = news
            self._show_now()
        elif run is not None and state != "idle":
            # A schedule changes it all the time; the rest stays as it is.
            self._rate.show_text(self._rate_words(run))

    def stop(self) -> None:
        """Asks for what was edited last, and rests."""
        self._timer.stop()
        self.form.finish()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self._show_to_those_who_look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop()

    def _make_extending(self) -> None:
        self._longer = Form(_Longer(), label_width=theme.px(LABEL_WIDTH))
        self.extend_button = button("steering_extend", self.tr("Train longer"), "play")
        self.extend_button.setToolTip(self.tr("Go on from the end of this run for so many more epochs"))
        self.extend_button.clicked.connect(self._extend)

    # --- what people do

    def _ask(self, name: str, value: float) -> None:
        run = self._session.run
        if run is None or self._session.training_state not in ("running", "paused"):
            # It ended meanwhile; there is nothing left to steer.
            self._seen = None
            self.refresh()
            return
        if value == getattr(self._live(run), name) and name not in self._asked:
            return
        self._session.steer(name, value)
        self._asked[name] = value
        self._missed[name] = 0
        self.refresh()

    def _drop_what_came(self, run: Run) -> None:
        """Between a wish and a change there is a moment in which it is neither: it must be missing twice."""
        wishes = {name for name, _ in run.wishes.copy()}
        for name in tuple(self._asked):
            self._missed[name] = 0 if name in wishes else self._missed[name] + 1
            came = getattr(live_settings(run.experiment, run.changes), name) == self._asked[name]
            if name not in wishes and (came or self._missed[name] > 1):
                del self._asked[name]

    def _extend(self) -> None:
        value = self._longer.value
        assert isinstance(value, _Longer)
        self._session.extend_training(value.more)

    def _take(self) -> None:
        run = self._session.run
        if run is not None:
            text = self.tr("Take what was changed in {}").format(run.record.name)
            self._session.edit(text, _with_changes_of(run, self._session.experiment))

    # --- what is shown

    def _show_to_those_who_look(self) -> None:
        if self.isVisible():
            self.refresh()

    def _live(self, run: Run) -> LiveSettings:
        """What is so, and what was asked for."""
        return msgspec.structs.replace(live_settings(run.experiment, run.changes), **self._asked)

    def _show_now(self) -> None:
        run, state = self._session.run, self._session.training_state
        is_going = run is not None and state != "idle"
        self._words.setText(self._state_words(state if run is not None else "idle"))
        self.form.setVisible(is_going)
        self.form.setEnabled(state in ("running", "paused"))
        self._rate.setVisible(is_going)
        has_ended = run is not None and state == "idle" and run.record.state in ("finished", "stopped")
        self._longer.setVisible(has_ended)
        self.extend_button.setVisible(has_ended)
        if run is not None and is_going:
            self._rate.show_text(self._rate_words(run))
            self.form.show_values(self._live(run))
            self._show_notes(run)
        self._show_changes(run)

    def _state_words(self, state: str) -> str:
        if state == "idle":
            return self.tr(
                "Nothing is being trained. While a training runs, its learning rate and other settings can be changed "
                "here without stopping it. Each change becomes a mark on the curves."
            )
        return self.tr("Changed without stopping: from the next batch on, with a mark on the curves.")

    def _rate_words(self, run: Run) -> str:
        """The learning rate of the newest batch, which a schedule may have made another than the one set below."""
        rate, base = _rate_now(run), live_settings(run.experiment, run.changes).learning_rate
        if rate is None:
            return ""
        text = self.tr("Learning rate now: {}").format(f"{rate:.3g}")
        share = rate / base if base else 1.0
        if abs(share - 1) < SAME_RATE:
            return text
        return self.tr("{0}, {1} of what is set below (schedule)").format(text, percent(share, 0))

    def _show_notes(self, run: Run) -> None:
        usable = steerable(run.experiment)
        asked = self.tr("From the next batch")
        strengths = {
            "dropout": self.tr("1 is as strong as the layers say."),
            "augmentation": self.tr("1 is as strong as the experiment says."),
        }
        for name in NAMES:
            self.form.set_usable(name, name in usable)
            if name not in usable:
                self.form.show_note(name, self._reason(name, run))
            else:
                self.form.show_note(name, asked if name in self._asked else strengths.get(name, ""))

    def _reason(self, name: str, run: Run) -> str:
        """Why a field does nothing in a run."""
        if name == "dropout":
            return self.tr("This network has no Dropout.")
        if name == "augmentation":
            return self.tr("The pictures are not changed at random.")
        optimizer = spec_text(type(run.experiment.hyperparameters.optimizer).title)
        if name == "momentum":
            return self.tr("{} has no momentum to set.").format(optimizer)
        return self.tr("{} has no weight decay.").format(optimizer)

    def _show_changes(self, run: Run | None) -> None:
        changes = run.changes if run is not None else ()
        for widget in (self._changes_heading, self._changes, self.take_button):
            widget.setVisible(bool(changes))
        lines = [self._change_words(change) for change in reversed(changes[-MOST_CHANGES:])]
        if len(changes) > MOST_CHANGES:
            lines.append(self.tr("and {} before").format(len(changes) - MOST_CHANGES))
        self._changes.setText("\n".join(lines))
        is_new = bool(run and changes) and run is not None and self._is_new(run)
        self.take_button.setEnabled(is_new)
        self._left_out.setVisible(run is not None and live_settings(run.experiment, changes).dropout != 1)

    def _is_new(self, run: Run) -> bool:
        return _with_changes_of(run, self._session.experiment) != self._session.experiment

    def _change_words(self, change: Change) -> str:
        field = next(field for field in fields_of(LiveSettings) if field.name == change.field)
        whole = field.kind == "integer"
        before, after = (grouped(round(value)) if whole else f"{value:.6g}" for value in (change.before, change.after))
        at = f"{change.at:.2f}".rstrip("0").rstrip(".")
        return self.tr("Epoch {0}: {1} {2} → {3}").format(at, _low(spec_text(field.label)), before, after)


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


def _rate_now(run: Run | None) -> float | None:
    """The learning rate of the newest batch with the digits that are shown; None if nobody knows."""
    if run is None or not len(run.history):
        return None
    rate = float(run.history.batch_rate[-1])
    return float(f"{rate:.3g}") if math.isfinite(rate) else None


def _with_changes_of(run: Run, experiment: Experiment) -> Experiment:
    """An experiment with what was changed in a run; what was not is left as the experiment says."""
    live = live_settings(run.experiment, run.changes)
    taken, settings = settings_now(run.experiment.hyperparameters, live), experiment.hyperparameters
    before = live_settings(run.experiment)
    changed = {name for name in NAMES if getattr(live, name) != getattr(before, name)}
    of_optimizer = {
        name: getattr(live, name)
        for name in ("learning_rate", "weight_decay", "momentum")
        if name in changed and hasattr(settings.optimizer, name)
    }
    values: dict[str, Any] = {name: getattr(live, name) for name in ("batch_size", "epochs") if name in changed}
    if "augmentation" in changed:
        values["augmentations"] = taken.augmentations
    optimizer = msgspec.structs.replace(settings.optimizer, **of_optimizer)
    settings = msgspec.structs.replace(settings, optimizer=optimizer, **values)
    return msgspec.structs.replace(experiment, hyperparameters=settings)
