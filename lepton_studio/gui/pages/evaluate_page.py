"""Evaluate: how good is it, on pictures that it never saw, and which ones does it get wrong?"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QSplitter, QVBoxLayout

from lepton_studio.engine import SPLIT_NAMES, Evaluation, Progress, Samples, load_and_evaluate
from lepton_studio.gui import theme
from lepton_studio.gui.page import Page, button, second
from lepton_studio.gui.run_choice import RunChoice
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.cell_pictures import CellPictures
from lepton_studio.gui.widgets.confusion_matrix import ConfusionMatrix
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
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._event)
        self.runner.job_failed.connect(lambda error: self.message.say(str(error) or type(error).__name__))
        self.runner.finished.connect(self._ended)
        self._make_header()
        self.body.addLayout(self._make_figures())
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("evaluate_splitter")
        splitter.setChildrenCollapsible(False)
        self.matrix = ConfusionMatrix()
        self.matrix.setObjectName("confusion_matrix")
        self.matrix.cell_chosen.connect(self._show_cell)
        splitter.addWidget(self.matrix)
        self.pictures = CellPictures()
        self.pictures.sample_chosen.connect(self._show_sample)
        splitter.addWidget(self.pictures)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([theme.px(660), theme.px(380)])
        self.body.addWidget(splitter, 1)
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

    def start(self) -> None:
        """Lets the chosen network answer the whole split, in the background."""
        run = self.session.chosen
        if run is None or self.runner.isRunning():
            return
        self.message.clear()
        self._asked_for = self._question()
        known = self.session.samples if run.experiment.dataset == self.session.experiment.dataset else None
        self.runner.walk(load_and_evaluate(run, known, self.split_picker.currentData()))
        self._show_state()

    def _question(self) -> tuple[object, ...]:
        run = self.session.chosen
        return (run.id, run.weights_version, self.split_picker.currentData()) if run is not None else ()

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
        self.matrix.clear()
        self.pictures.clear()
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
        if self._evaluation is None:
            self._figures.setText(self._waiting_text(learning, busy))
            self.matrix.set_placeholder(self._matrix_hint())

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
        self.matrix.set_matrix(evaluation.confusion, evaluation.class_names)
        if self._samples is not None:
            names = evaluation.class_names
            self.pictures.grid.set_pictures(self._samples.images, self._samples.labels, names, np.empty(0, np.int64))
        off = evaluation.confusion.copy()
        np.fill_diagonal(off, 0)
        if off.any():
            # The most frequent mistake is what people want to see first.
            row, column = np.unravel_index(int(off.argmax()), off.shape)
            self.matrix.choose((int(row), int(column)))
            self._show_cell(int(row), int(column))
        self.state_changed.emit()

    def _show_cell(self, row: int, column: int) -> None:
        evaluation = self._evaluation
        if evaluation is None:
            return
        names = evaluation.class_names
        indices = evaluation.cell(row, column)
        count = grouped(len(indices))
        if row == column:
            title = self.tr("{} answered right: {}").format(names[row], count)
        else:
            title = self.tr("{} answered as {}: {}").format(names[row], names[column], count)
        self.pictures.show_cell(title, indices)
        if len(indices):
            self._show_sample(int(indices[0]))

    def _show_sample(self, index: int) -> None:
        evaluation, samples = self._evaluation, self._samples
        if evaluation is None or samples is None:
            return
        place = int(np.searchsorted(evaluation.indices, index))
        order = np.argsort(-evaluation.probabilities[place])[:3]
        answers = "\n".join(
            f"{evaluation.class_names[each]}: {percent(float(evaluation.probabilities[place, each]), 1)}"
            for each in order
        )
        label = evaluation.class_names[int(samples.labels[index])]
        text = self.tr("Number {}, labelled {}. Answers:\n{}").format(grouped(index), label, answers)
        self.pictures.show_sample(samples.images[index], text)
