"""What came of a sweep: its trials, what mattered, and each field against what it came to."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lepton_studio.engine import SweepResult, SweepTrial
from lepton_studio.gui import theme
from lepton_studio.gui.page import second
from lepton_studio.gui.sweep_plots import SweepPlots, is_of_numbers
from lepton_studio.gui.sweep_wording import (
    number_words,
    objective_words,
    path_words,
    trial_state_words,
    trial_words,
    value_text,
)
from lepton_studio.gui.widgets.facts_table import Column, FactsRow, FactsTable

ROWS_SEEN = 6
TONES = {"failed": "bad", "running": "accent"}


class SweepOutcome(QWidget):
    """A table to be sorted by any column, bars of importance, and points over one axis.

    Signals:
        trial_chosen: another row of the table is chosen.
    """

    trial_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with nothing to show."""
        super().__init__(parent)
        self._result: SweepResult | None = None
        self._sorted_by, self._is_reversed = -1, False
        # The best is the chosen one until a person chooses another.
        self._follows_best, self._is_filling = True, False
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.GAP_SMALL)
        self.table: FactsTable | None = None
        self.reason = second()
        self.reason.setObjectName("sweep_reason")
        self._layout.addWidget(self.reason)
        self.plots = SweepPlots()
        self.plots.point_chosen.connect(self._choose)
        self._layout.addWidget(self.plots)

    @property
    def chosen(self) -> SweepTrial | None:
        """The trial of the chosen row."""
        key = self.table.chosen_key if self.table is not None else ""
        trials = self._result.trials if self._result is not None else ()
        return next((trial for trial in trials if str(trial.number) == key), None)

    def show_result(self, result: SweepResult) -> None:
        """Shows what came of a sweep so far."""
        before, self._result = self._result, result
        if before is None or before.sweep != result.sweep:
            self._sorted_by, self._is_reversed = -1, False
            self._follows_best = True
            self._make_table(result)
        self._show_rows()
        self.plots.show_result(result)

    # --- parts

    def _make_table(self, result: SweepResult) -> None:
        if self.table is not None:
            self.table.hide()
            self._layout.removeWidget(self.table)
            self.table.deleteLater()
        sweep = result.sweep
        names = [path_words(sweep.experiment, axis.path, short=True) for axis in sweep.axes]
        self.table = FactsTable(
            (
                Column("#", figures=True),
                Column(objective_words(sweep.objective), figures=True),
                *(Column(name, figures=is_of_numbers(axis)) for name, axis in zip(names, sweep.axes, strict=True)),
                Column(self.tr("State")),
            ),
            stretched=len(names) + 2,
        )
        self.table.setObjectName("sweep_table")
        self.table.setAccessibleName(self.tr("Trials"))
        self.table.setWordWrap(False)
        self.table.set_placeholder(self.tr("No trial was begun yet."))
        self.table.setHorizontalScrollMode(FactsTable.ScrollMode.ScrollPerPixel)
        row = self.table.verticalHeader().defaultSectionSize()
        self.table.setMinimumHeight((ROWS_SEEN + 1) * row)
        header = self.table.horizontalHeader()
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._sort)
        header.setToolTip(self.tr("Click to sort; the best first is how it begins"))
        self.table.itemSelectionChanged.connect(self._show_chosen)
        self._layout.insertWidget(0, self.table)

    # --- what people do

    def _sort(self, column: int) -> None:
        """The first click sorts upwards, the second downwards, the third puts the best first again."""
        if column != self._sorted_by:
            self._sorted_by, self._is_reversed = column, False
        elif not self._is_reversed:
            self._is_reversed = True
        else:
            self._sorted_by = -1
        self._show_rows()

    def _choose(self, key: str) -> None:
        if self.table is not None:
            numbers = [str(trial.number) for trial in self._in_order()]
            self.table.selectRow(numbers.index(key))

    def _show_chosen(self) -> None:
        trial = self.chosen
        if not self._is_filling and self._result is not None:
            self._follows_best = trial is None or trial == self._result.best
        self.plots.choose(str(trial.number) if trial is not None else "")
        self.reason.setText(trial.error if trial is not None else "")
        self.reason.setVisible(bool(self.reason.text()))
        self.trial_chosen.emit()

    # --- what is shown

    def _in_order(self) -> list[SweepTrial]:
        result = self._result
        if result is None:
            return []
        if self._sorted_by < 0:
            return list(result.ranked)
        known = [trial for trial in result.trials if self._sort_value(trial) is not None]
        unknown = [trial for trial in result.trials if self._sort_value(trial) is None]
        return [*sorted(known, key=self._sort_value, reverse=self._is_reversed), *unknown]  # type: ignore[arg-type]

    def _sort_value(self, trial: SweepTrial) -> tuple[int, float, str] | None:
        """What the column that is sorted by says of a trial; numbers before words."""
        axes = self._result.sweep.axes if self._result is not None else ()
        if self._sorted_by == 0:
            value: float | str | None = trial.number
        elif self._sorted_by == 1:
            value = trial.objective
        elif self._sorted_by < len(axes) + 2:
            value = trial.values.get(axes[self._sorted_by - 2].path)
        else:
            value = trial.state
        if value is None:
            return None
        try:
            return 0, float(value), ""
        except ValueError:
            return 1, 0.0, str(value)

    def _show_rows(self) -> None:
        result, table = self._result, self.table
        if result is None or table is None:
            return
        header = table.horizontalHeader()
        header.setSortIndicatorShown(self._sorted_by >= 0)
        if self._sorted_by >= 0:
            down, up = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
            header.setSortIndicator(self._sorted_by, down if self._is_reversed else up)
        order = self._in_order()
        self._is_filling = True
        table.show_rows([self._row(result, trial) for trial in order])
        if self._follows_best and result.best is not None:
            table.selectRow(order.index(result.best))
        self._is_filling = False

    def _row(self, result: SweepResult, trial: SweepTrial) -> FactsRow:
        sweep = result.sweep
        is_best = result.best is not None and trial.number == result.best.number
        state = trial_state_words(trial.state, result.is_running)
        values = tuple(value_text(trial.values.get(axis.path)) for axis in sweep.axes)
        came_to = "" if trial.objective is None else number_words(sweep, trial.objective)
        role = TONES.get(trial.state)
        last = len(values) + 2
        roles: tuple[tuple[int, str], ...] = ((last, role),) if role else ()
        if is_best:
            state = self.tr("best")
            roles = ((1, "good"), (last, "good"))
        return FactsRow(
            str(trial.number), (str(trial.number), came_to, *values, state), roles, trial_words(sweep, trial)
        )
