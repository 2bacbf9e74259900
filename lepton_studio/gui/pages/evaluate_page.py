"""Evaluate: how good is it, on pictures that it never saw, and which ones does it get wrong?"""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QStackedWidget, QVBoxLayout

from lepton_studio.engine import SPLIT_NAMES, Evaluation, Progress, Run, Samples, load_and_evaluate
from lepton_studio.gui import theme
from lepton_studio.gui.attack_view import AttackView
from lepton_studio.gui.mistakes_view import MistakesView
from lepton_studio.gui.page import Page, button, second
from lepton_studio.gui.run_choice import RunChoice
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import grouped, percent, split_word


class EvaluatePage(Page):
    """The matrix is the largest thing; beside it the pictures of the chosen cell."""

    object_name = "evaluate_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page; it answers when it is shown and there is something new to answer."""
        super().__init__(session, title)
        self._evaluation: Evaluation | None = None
        self._samples: Samples | None = None
        self._done_for: tuple[object, ...] = ()
        self._asked_for: tuple[object, ...] = ()
        self._attacked_for: tuple[object, ...] | None = None
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._event)
        self.runner.job_failed.connect(lambda error: self.message.say(str(error) or type(error).__name__))
        self.runner.finished.connect(self._ended)
        self._make_header()
        self.body.addLayout(self._make_figures())
        self.mistakes, self.attack = MistakesView(), AttackView()
        self.views = QStackedWidget()
        self.views.addWidget(self.mistakes)
        self.views.addWidget(self.attack)
        self.body.addWidget(self.views, 1)
        session.run_chosen.connect(self._forget)
        session.training_changed.connect(self._training_changed)
        session.engine_started.connect(self._show_state)
        self._forget()

    def state_text(self) -> str:
        return percent(self._evaluation.accuracy, 1) if self._evaluation is not None else ""

    def shown(self) -> None:
        self.choice.refresh()
        self._show_state()
        self._start_if_due()

    def _start_if_due(self) -> None:
        # What is on the page should be true without a click; a training under way is not disturbed.
        if self.evaluate_button.isEnabled() and self._done_for != self._question() and self._data_is_here():
            self.start()

    def stop(self) -> None:
        self.runner.stop()
        self.attack.stop()

    # --- parts

    def _make_header(self) -> None:
        self.choice = RunChoice(self.session, "evaluate_run_picker")
        self.header.addWidget(self.choice.picker)
        self.split_picker = QComboBox()
        self.split_picker.setObjectName("evaluate_split_picker")
        for split in reversed(SPLIT_NAMES):
            self.split_picker.addItem(split_word(split), split)
        self.split_picker.activated.connect(self._forget)
        self.header.addWidget(self.split_picker)
        self.attack_button = button("evaluate_attack", self.tr("Under attack"))
        self.attack_button.setCheckable(True)
        self.attack_button.setToolTip(self.tr("How well it answers pictures that were changed to mislead it."))
        self.attack_button.toggled.connect(self._switch)
        self.header.addWidget(self.attack_button)
        self.cancel_button = button("evaluate_cancel", self.tr("Cancel"), "close")
        self.cancel_button.clicked.connect(self.runner.request_stop)
        self.header.addWidget(self.cancel_button)
        self.evaluate_button = button("evaluate_start", self.tr("Evaluate"), "evaluate", main=True)
        self.evaluate_button.clicked.connect(self._press)
        self.header.addWidget(self.evaluate_button)

    def _make_figures(self) -> QVBoxLayout:
        self._figures = QLabel()
        self._figures.setObjectName("evaluate_figures")
        self._figures.setFont(theme.font_of(theme.TITLE_PIXELS, semibold=True))
        self._explained = second(
            self.tr(
                "Each row is a class, each column an answer: on the diagonal the answer was right. Click a cell to see "
                "its pictures. Only the test split says how good it is on what it never saw."
            )
        )
        self._progress = QProgressBar(textVisible=False)
        layout = QVBoxLayout()
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self._figures)
        layout.addWidget(self._explained)
        layout.addWidget(self._progress)
        return layout

    # --- what happens

    def _press(self) -> None:
        if self._data_is_here():
            self.start()
        else:
            self.page_wanted.emit("train_page")

    def _switch(self, is_attack: bool) -> None:
        self.views.setCurrentWidget(self.attack if is_attack else self.mistakes)
        self._show_explained()

    def start(self) -> None:
        """Lets the chosen network answer the whole split, in the background."""
        run = self.session.chosen
        if run is None or self.runner.isRunning():
            return
        self.message.clear()
        self._asked_for = self._question()
        self.runner.walk(load_and_evaluate(run, self._known(run), self.split_picker.currentData()))
        self._show_state()

    def _question(self) -> tuple[object, ...]:
        run = self.session.chosen
        return (*run.weights_key, self.split_picker.currentData()) if run is not None else ()

    def _event(self, event: object) -> None:
        if isinstance(event, Samples):
            self._samples = event
        elif isinstance(event, Progress):
            self._progress.setMaximum(event.total)
            self._progress.setValue(event.done)
        elif isinstance(event, Evaluation) and self._asked_for == self._question():
            self._done_for = self._asked_for
            self._show_evaluation(event)

    def _training_changed(self) -> None:
        self._show_state()
        if self.isVisible() and self.session.training_state == "idle":
            self._start_if_due()

    def _ended(self) -> None:
        self._show_state()
        # Another network or split was chosen meanwhile; what was cancelled is not begun again.
        if self.isVisible() and self._asked_for != self._question():
            self._start_if_due()

    # --- what the page shows

    def _forget(self) -> None:
        """Another network was chosen: the figures of the last one would be a lie."""
        self._evaluation = None
        self._done_for = ()
        self.state_changed.emit()
        self.mistakes.clear()
        self._attacked_for = None
        self._show_state()
        if self.isVisible():
            self._start_if_due()

    def _data_is_here(self) -> bool:
        run = self.session.chosen
        return run is not None and run.experiment.dataset.is_here()

    def _show_state(self) -> None:
        run = self.session.chosen
        learning = run is not None and run is self.session.run and self.session.training_state != "idle"
        busy = self.runner.isRunning()
        ready = self.session.engine_ready and run is not None and run.checkpoint.exists()
        # Without the data there is nothing to evaluate; the main button then leads to where one can go on.
        here = run is None or self._data_is_here()
        self.evaluate_button.setText(self.tr("Evaluate") if here else self.tr("Train a network"))
        self.evaluate_button.setEnabled(ready and not busy and not learning)
        self.cancel_button.setVisible(busy)
        self._progress.setVisible(busy)
        # Nothing is explained, and no place kept, that cannot come.
        self.mistakes.pictures.setVisible(here)
        self._show_explained()
        if self._evaluation is None:
            self._figures.setText(self._waiting_text(learning, busy))
            self.mistakes.matrix.set_placeholder(self._matrix_hint())
        can_be = ready and here and not learning
        self._show_attack(can_be, "" if can_be else self._waiting_text(learning, False))

    def _show_explained(self) -> None:
        run = self.session.chosen
        here = run is None or self._data_is_here()
        self._explained.setVisible(here and not self.attack_button.isChecked())

    def _show_attack(self, can_be: bool, why_not: str) -> None:
        """Has the chosen network attacked, unless it was already; it is done when somebody looks."""
        wanted = self._question() if can_be else ()
        if wanted == self._attacked_for:
            return
        self._attacked_for, run = wanted, self.session.chosen
        self.attack.look_at(run if can_be else None, self._known(run), self.split_picker.currentData(), why_not)

    def _known(self, run: Run | None) -> Samples | None:
        """The samples of a run, if they are loaded already."""
        session = self.session
        return session.samples if run and run.experiment.dataset == session.experiment.dataset else None

    def _matrix_hint(self) -> str:
        """What the empty matrix says: what will be here, and what to do for it."""
        run = self.session.chosen
        if run is not None and not self._data_is_here():
            title = spec_text(run.experiment.dataset.label())
            text = self.tr("Train a network of your own on the Train page, or download {} on the Data page.")
            return text.format(title)
        return self.tr("Here you will see which class was taken for which.")

    def _waiting_text(self, learning: bool, busy: bool) -> str:
        run = self.session.chosen
        if learning:
            return self.tr("This network is still learning")
        if busy:
            return self.tr("Answering ...")
        if run is not None and not self._data_is_here():
            title = spec_text(run.experiment.dataset.label())
            return self.tr("It was trained on {}, which is not on this computer").format(title)
        return self.tr("Not evaluated yet")

    def _show_evaluation(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        wrong = int((evaluation.answers != evaluation.labels).sum())
        self._figures.setText(
            self.tr("{} right: {} of {} pictures wrong").format(
                percent(evaluation.accuracy), grouped(wrong), grouped(len(evaluation.labels))
            )
        )
        self.mistakes.show_evaluation(evaluation, self._samples)
        self.state_changed.emit()
