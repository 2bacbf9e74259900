"""What mattered in a sweep, and its trials as points over one field."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import Axis, ChoiceAxis, RangeAxis, SweepResult
from lepton_studio.gui import theme
from lepton_studio.gui.page import second, section
from lepton_studio.gui.sweep_wording import objective_words, path_words, trial_words
from lepton_studio.gui.widgets.importance_bars import ImportanceBars
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.widgets.scatter_plot import ScatterPlot, ScatterPoint

# From this width on the bars stand beside the points.
WIDE = 560


class SweepPlots(QWidget):
    """Bars of importance beside the points, or above them where there is less room.

    Signals:
        point_chosen: the number of the trial whose point was clicked, as text.
    """

    point_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts with nothing to show."""
        super().__init__(parent)
        self._result: SweepResult | None = None
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._sides.setContentsMargins(0, 0, 0, 0)
        self._sides.setSpacing(theme.GAP)
        self._sides.addWidget(self._make_importance(), 2)
        self._sides.addWidget(self._make_scatter(), 3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wanted = direction.LeftToRight if self.width() >= theme.px(WIDE) else direction.TopToBottom
        if self._sides.direction() != wanted:
            self._sides.setDirection(wanted)

    def show_result(self, result: SweepResult) -> None:
        """Shows what came of a sweep so far."""
        before, self._result = self._result, result
        if before is None or before.sweep != result.sweep:
            self._fill_axes(result)
        self._show_importances(result)
        self._show_points()

    def choose(self, key: str) -> None:
        """Marks the point of a trial, by its number as text."""
        self.scatter.choose(key)

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
        self.scatter.point_chosen.connect(self.point_chosen)
        layout.addWidget(self.scatter, 1)
        self._legend = second(self.tr("Ring: the best. Diamond: given up early, or not finished."))
        layout.addWidget(self._legend)
        return side

    def _fill_axes(self, result: SweepResult) -> None:
        sweep = result.sweep
        blocked = self.axis.blockSignals(True)
        self.axis.clear()
        for axis in sweep.axes:
            self.axis.addItem(path_words(sweep.experiment, axis.path), axis.path)
        self.axis.blockSignals(blocked)

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
            categories = tuple(sorted(axis.choices, key=float) if is_of_numbers(axis) else axis.choices)
        best = result.best.number if result.best is not None else 0
        points = [
            ScatterPoint(
                str(trial.number),
                str(trial.values[path]) if categories else float(trial.values[path]),
                trial.objective,
                trial.state != "finished",
                trial.number == best,
                trial_words(sweep, trial),
            )
            for trial in result.trials
            if trial.objective is not None and path in trial.values
        ]
        names = (path_words(sweep.experiment, path), objective_words(sweep.objective))
        self.scatter.show_points(points, names, log=isinstance(axis, RangeAxis) and axis.log, categories=categories)
        self._legend.setVisible(bool(points))


def is_of_numbers(axis: Axis) -> bool:
    """Whether all values of an axis are numbers."""
    if isinstance(axis, RangeAxis):
        return True
    try:
        return all(math.isfinite(float(choice)) for choice in axis.choices)
    except ValueError:
        return False
