"""What a new sweep shall try: fields and their values, and how trials are chosen, compared and given up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLabel, QMenu, QVBoxLayout, QWidget

from lepton_studio.engine import (
    Axis,
    ChoiceAxis,
    LeptonError,
    RangeAxis,
    Sweep,
    SweepField,
    check_sweep,
    choices_of_text,
    sweepable,
)
from lepton_studio.engine.fields import Field
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.session import Session
from lepton_studio.gui.sweep_wording import field_words, objective_words, owner_words, sampler_words, trials_word
from lepton_studio.gui.widgets.axis_editor import AxisDraft, AxisEditor
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.widgets.number_edit import NumberEdit
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.widgets.quiet_line_edit import QuietLineEdit
from lepton_studio.gui.wording import epochs_word

SAMPLERS = ("random", "grid", "tpe")
OBJECTIVES = ("validation_loss", "validation_accuracy", "train_loss", "train_accuracy")
TRIALS, MOST_TRIALS = 20, 10_000
# The name may not be said yet; any will do to see whether the rest fits.
NAMELESS = "sweep"


@dataclass(frozen=True)
class SetupDraft:
    """What stands in a setup that is made anew, when the looks of the window change."""

    axes: tuple[tuple[SweepField, AxisDraft], ...] = ()
    name: str = ""
    sampler: str = SAMPLERS[0]
    trials: int = TRIALS
    objective: str = OBJECTIVES[0]
    pruning: bool = True


class SweepSetup(QWidget):
    """A card for each field that changes, and below them how trials are chosen.

    Signals:
        start_wanted: the sweep that is to be begun.
    """

    start_wanted = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Starts without a field."""
        super().__init__(parent)
        self.setObjectName("sweep_setup")
        self._session = session
        self._axes: list[tuple[SweepField, AxisEditor]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        self.teaching = second(
            self.tr(
                "Which learning rate is best? How many channels? A sweep trains the experiment again and again with "
                "other values, and shows which were good and which fields matter. Choose what is to change."
            )
        )
        layout.addWidget(self.teaching)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(theme.GAP_SMALL)
        layout.addLayout(self._cards)
        self.add_button = button("sweep_add", self.tr("Add a field"), "plus")
        self._menu = QMenu(self.add_button)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.add_button.setMenu(self._menu)
        layout.addWidget(self.add_button)
        layout.addSpacing(theme.GAP_SMALL)
        layout.addWidget(section(self.tr("Trials")))
        self._make_form(layout)
        self.summary = second()
        self.summary.setObjectName("sweep_plan")
        layout.addWidget(self.summary)
        self.start_button = button("sweep_start", self.tr("Start sweep"), "play", main=True)
        self.start_button.clicked.connect(self._start)
        layout.addWidget(self.start_button)
        layout.addStretch(1)
        session.experiment_changed.connect(self.refresh)
        session.training_changed.connect(self.refresh)
        session.samples_changed.connect(self.refresh)
        self.refresh()

    # --- parts

    def _make_form(self, layout: QVBoxLayout) -> None:
        self.sampler, self.objective = QuietComboBox(), QuietComboBox()
        for name in SAMPLERS:
            self.sampler.addItem(sampler_words(name)[0], name)
        for name in OBJECTIVES:
            self.objective.addItem(objective_words(name), name)
        self.sampler.setObjectName("sweep_sampler")
        self.objective.setObjectName("sweep_objective")
        self.trials = NumberEdit(Field("trials", "", "integer", TRIALS, 1, MOST_TRIALS))
        self.trials.setObjectName("sweep_trials")
        self.trials.setValue(TRIALS)
        self.pruning = QCheckBox(self.tr("Give up hopeless trials early"))
        self.pruning.setObjectName("sweep_pruning")
        self.pruning.setChecked(True)
        self.pruning.setToolTip(
            self.tr("After an epoch, a trial that is worse than the median of the earlier ones ends (pruning)")
        )
        self.name = QuietLineEdit()
        self.name.setObjectName("sweep_name")
        self.name.setPlaceholderText(self.tr("Sweep 1, Sweep 2 ..."))
        self._sampler_help = second()
        form = QFormLayout()
        form.setHorizontalSpacing(theme.GAP_SMALL)
        form.setVerticalSpacing(theme.GAP_SMALL)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Choose values"), self.sampler)
        form.addRow(self._sampler_help)
        self._trials_name = QLabel(self.tr("How many"))
        self._trials_name.setBuddy(self.trials)
        form.addRow(self._trials_name, self.trials)
        form.addRow(self.tr("Compare"), self.objective)
        form.addRow(self.pruning)
        form.addRow(self.tr("Name"), self.name)
        layout.addLayout(form)
        self.sampler.currentIndexChanged.connect(self.refresh)
        self.objective.currentIndexChanged.connect(self.refresh)
        self.trials.valueChanged.connect(self.refresh)
        self.pruning.toggled.connect(self.refresh)
        self.name.textChanged.connect(self.refresh)

    def _fill_menu(self) -> None:
        """Hyperparameters as they are, what belongs to something below its name, layers one level deeper."""
        self._menu.clear()
        taken = {field.path for field, _ in self._axes}
        layers: QMenu | None = None
        owners: dict[str, QMenu] = {}
        for field in sweepable(self._session.experiment):
            menu, owner = self._menu, owner_words(field)
            if field.place and layers is None:
                layers = self._menu.addMenu(self.tr("Layers"))
            if owner:
                if owner not in owners:
                    owners[owner] = (layers if field.place and layers is not None else self._menu).addMenu(owner)
                menu = owners[owner]
            action = menu.addAction(spec_text(field.name))
            action.setToolTip(spec_text(field.help))
            action.setEnabled(field.path not in taken)
            action.triggered.connect(lambda _checked=False, chosen=field: self.add_field(chosen))

    # --- what people do

    def add_field(self, field: SweepField, draft: AxisDraft | None = None) -> AxisEditor:
        """Lets a field change; without a draft around the value that it has now."""
        plain = Field(
            field.path, field.name, "choice" if field.choices else field.kind, field.value, field.low, field.high,
            field.unit, spec_text(field.help), field.log, field.choices,
        )  # fmt: skip
        editor = AxisEditor(field_words(field), plain, draft or _draft_of(field))
        self._axes.append((field, editor))
        self._cards.addWidget(editor)
        editor.edited.connect(self.refresh)
        editor.removed.connect(lambda: self._remove(editor))
        self.refresh()
        return editor

    def _remove(self, editor: AxisEditor) -> None:
        self._axes = [(field, each) for field, each in self._axes if each is not editor]
        # Hidden first: with a show still due it would become a window of its own.
        editor.hide()
        editor.setParent(None)
        editor.deleteLater()
        self.add_button.setFocus()
        self.refresh()

    def _start(self) -> None:
        sweep, _ = self.planned()
        if sweep is not None:
            self.start_wanted.emit(sweep)

    # --- what it comes to

    def planned(self) -> tuple[Sweep | None, str]:
        """The sweep as it stands there, or None and why it cannot be."""
        if not self._axes:
            return None, ""
        try:
            sweep = Sweep(
                self.name.text().strip() or NAMELESS,
                self._session.experiment,
                tuple(_axis_of(field, editor.draft) for field, editor in self._axes),
                cast("Any", self.sampler.currentData()),
                round(self.trials.value()),
                self.pruning.isChecked(),
                cast("Any", self.objective.currentData()),
                self._session.experiment.seed,
            )
            check_sweep(sweep)
        except LeptonError as error:
            return None, str(error)
        if not self.name.text().strip():
            sweep = msgspec.structs.replace(sweep, name="")
        obstacle = self._session.obstacle()
        return (sweep, "") if obstacle is None else (None, str(obstacle))

    @property
    def draft(self) -> SetupDraft:
        """What stands there, to be shown by another setup."""
        return SetupDraft(
            tuple((field, editor.draft) for field, editor in self._axes),
            self.name.text(),
            self.sampler.currentData(),
            round(self.trials.value()),
            self.objective.currentData(),
            self.pruning.isChecked(),
        )

    def take_over(self, draft: SetupDraft) -> None:
        """Shows what stood in another setup."""
        for field, each in draft.axes:
            self.add_field(field, each)
        self.name.setText(draft.name)
        self.sampler.setCurrentIndex(self.sampler.findData(draft.sampler))
        self.trials.setValue(draft.trials)
        self.objective.setCurrentIndex(self.objective.findData(draft.objective))
        self.pruning.setChecked(draft.pruning)

    def refresh(self) -> None:
        """Counts the trials, and says what is missing."""
        is_grid = self.sampler.currentData() == "grid"
        self._sampler_help.setText(sampler_words(self.sampler.currentData())[1])
        self.trials.setVisible(not is_grid)
        self._trials_name.setVisible(not is_grid)
        self.teaching.setVisible(not self._axes)
        for _, editor in self._axes:
            editor.show_count(is_grid)
        sweep, trouble = self.planned()
        is_idle = self._session.training_state == "idle"
        self.start_button.setEnabled(sweep is not None and is_idle)
        self.start_button.setToolTip(
            "" if is_idle else self.tr("A training is under way; the sweep can be started after it.")
        )
        self.summary.setProperty("role", "bad" if trouble else "second")
        self.summary.style().polish(self.summary)
        self.summary.setText(trouble or (self._count_words(sweep) if sweep is not None else ""))
        self.summary.setVisible(bool(self.summary.text()))

    def _count_words(self, sweep: Sweep) -> str:
        epochs = epochs_word(sweep.experiment.hyperparameters.epochs)
        words = self.tr("{0} of {1}").format(trials_word(sweep.planned), epochs)
        counts = [str(len(axis.points())) for axis in sweep.axes]
        return f"{' × '.join(counts)} = {words}" if sweep.sampler == "grid" and len(counts) > 1 else words


def _draft_of(field: SweepField) -> AxisDraft:
    """Both ways to write what is proposed, so that changing from one to the other begins with something."""
    proposed = field.proposed()
    if isinstance(proposed, ChoiceAxis):
        numbers = [] if field.choices else [float(choice) for choice in proposed.choices]
        ends = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
        return AxisDraft(False, ", ".join(proposed.choices), *ends, log=field.log)
    points = msgspec.structs.replace(proposed, count=3).points()
    text = ", ".join(f"{float(point):.6g}" for point in points)
    return AxisDraft(True, text, proposed.low, proposed.high, proposed.log)


def _axis_of(field: SweepField, draft: AxisDraft) -> Axis:
    if not draft.is_range:
        return ChoiceAxis(field.path, choices_of_text(draft.text))
    low, high = (draft.low, draft.high) if all(map(math.isfinite, (draft.low, draft.high))) else (0.0, 0.0)
    return RangeAxis(field.path, low, high, draft.log, field.kind == "integer", draft.count)
