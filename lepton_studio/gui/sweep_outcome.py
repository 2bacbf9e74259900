"""What came of a sweep: its trials, what mattered, and each field against what it came to."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import Axis, ChoiceAxis, RangeAxis, SweepResult, SweepTrial
from lepton_studio.gui import theme
from lepton_studio.gui.page import second, section
from lepton_studio.gui.sweep_wording import objective_words, path_words, trial_state_words, value_text
from lepton_studio.gui.widgets.facts_table import Column, FactsRow, FactsTable
from lepton_studio.gui.widgets.importance_bars import ImportanceBars
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.widgets.scatter_plot import ScatterPlot, ScatterPoint
from lepton_studio.gui.wording import percent

# From this width on the bars stand beside the points.
WIDE = 560
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
        self._columns: tuple[str, ...] = ()
        self.reason = second()
        self.reason.setObjectName("sweep_reason")
        self._layout.addWidget(self.reason)
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._sides.setSpacing(theme.GAP)
        self._sides.addWidget(self._make_importance(), 2)
        self._sides.addWidget(self._make_scatter(), 3)
        self._layout.addLayout(self._sides)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wanted = direction.LeftToRight if self.width() >= theme.px(WIDE) else direction.TopToBottom
        if self._sides.direction() != wanted:
            self._sides.setDirection(wanted)

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
            self._fill_axes(result)
        self._show_rows()
        self._show_importances(result)
        self._show_points()

    # --- parts

    def _make_importance(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        title = section(self.tr("What mattered"))
        title.setToolTip(self.tr("How much each field decides whether a trial is among the best quarter (PED-ANOVA)"))
        layout.addWidget(title)
        self.bars = ImportanceBars()
        layout.addWidget(self.bars)
        self._too_few = second(self.tr("After four finished trials: how much each field mattered."))
        layout.addWidget(self._too_few)
        layout.addStretch(1)
        return side

    def _make_scatter(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        self.axis = QuietComboBox()
        self.axis.setObjectName("sweep_axis")
        self.axis.setAccessibleName(self.tr("The field along the axis"))
        self.axis.currentIndexChanged.connect(self._show_points)
        name = QLabel(self.tr("Trials by"))
        name.setBuddy(self.axis)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(name)
        row.addWidget(self.axis, 1)
        layout.addLayout(row)
        self.scatter = ScatterPlot()
        self.scatter.setObjectName("sweep_scatter")
        self.scatter.set_placeholder(self.tr("Each trial becomes a point here as soon as its first epoch is done."))
        self.scatter.point_chosen.connect(self._choose)
        layout.addWidget(self.scatter, 1)
        self._legend = second(self.tr("Ring: the best. Diamond: given up early, or not finished."))
        layout.addWidget(self._legend)
        return side

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
                *(Column(name, figures=_is_of_numbers(axis)) for name, axis in zip(names, sweep.axes, strict=True)),
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

    def _fill_axes(self, result: SweepResult) -> None:
        sweep = result.sweep
        blocked = self.axis.blockSignals(True)
        self.axis.clear()
        for axis in sweep.axes:
            self.axis.addItem(path_words(sweep.experiment, axis.path), axis.path)
        self.axis.blockSignals(blocked)

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
        self.scatter.choose(str(trial.number) if trial is not None else "")
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
        came_to = "" if trial.objective is None else self._objective_text(trial.objective)
        role = TONES.get(trial.state)
        last = len(values) + 2
        roles = ((last, role),) if role else ()
        if is_best:
            state = self.tr("best")
            roles = ((1, "good"), (last, "good"))
        return FactsRow(str(trial.number), (str(trial.number), came_to, *values, state), roles, self._tip(trial))

    def _objective_text(self, number: float) -> str:
        is_share = self._result is not None and self._result.sweep.objective.endswith("accuracy")
        return percent(number) if is_share else f"{number:.4g}"

    def _tip(self, trial: SweepTrial) -> str:
        result = self._result
        if result is None:
            return ""
        sweep = result.sweep
        lines = [self.tr("Trial {}").format(trial.number)]
        lines += [f"{path_words(sweep.experiment, path)}: {value_text(value)}" for path, value in trial.values.items()]
        if trial.objective is not None:
            lines.append(f"{objective_words(sweep.objective)}: {self._objective_text(trial.objective)}")
        if trial.error:
            lines.append(trial.error)
        return "\n".join(lines)

    def _show_importances(self, result: SweepResult) -> None:
        experiment = result.sweep.experiment
        self.bars.show_shares({path_words(experiment, path): share for path, share in result.importances.items()})
        self.bars.setVisible(bool(result.importances))
        self._too_few.setVisible(not result.importances)

    def _show_points(self) -> None:
        result, path = self._result, self.axis.currentData()
        if result is None or path is None:
            return
        sweep = result.sweep
        axis = next(axis for axis in sweep.axes if axis.path == path)
        categories: tuple[str, ...] = ()
        if isinstance(axis, ChoiceAxis):
            # Side by side also if they are numbers: 16, 32, 64 are as far from each other as they were chosen to be.
            categories = tuple(sorted(axis.choices, key=float) if _is_of_numbers(axis) else axis.choices)
        best = result.best.number if result.best is not None else 0
        points = [
            ScatterPoint(
                str(trial.number),
                str(trial.values[path]) if categories else float(trial.values[path]),
                trial.objective,
                trial.state != "finished",
                trial.number == best,
                self._tip(trial),
            )
            for trial in result.trials
            if trial.objective is not None and path in trial.values
        ]
        names = (path_words(sweep.experiment, path), objective_words(sweep.objective))
        self.scatter.show_points(points, names, log=isinstance(axis, RangeAxis) and axis.log, categories=categories)
        self._legend.setVisible(bool(points))


def _is_of_numbers(axis: Axis) -> bool:
    if isinstance(axis, RangeAxis):
        return True
    try:
        return all(math.isfinite(float(choice)) for choice in axis.choices)
    except ValueError:
        return False
