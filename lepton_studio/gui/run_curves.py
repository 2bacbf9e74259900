"""The curves of the Train page: loss, accuracy and learning rate of the watched run, and other runs beside it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lepton_studio.engine import Run, best_epoch
from lepton_studio.gui import theme
from lepton_studio.gui.curve_choices import keep_choices, kept_choices
from lepton_studio.gui.curve_compare import MOST_CHOSEN, CompareButton
from lepton_studio.gui.curve_files import CurveFiles
from lepton_studio.gui.curve_numbers import CurveNumbers
from lepton_studio.gui.curve_reading import CurveReading
from lepton_studio.gui.curve_tools import CurveTools
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.widgets.curve_data import Band, CurveChoices
from lepton_studio.gui.widgets.curve_legend import CurveLegend, LegendEntry
from lepton_studio.gui.widgets.curve_plot import CurvePlot
from lepton_studio.gui.widgets.curve_print import CurvePrint

# Designed pixels: the height of the strip of the learning rate, and how much there must be for it to come by itself.
RATE_HEIGHT, ROOM_FOR_RATE = 84, 620
# In less height nothing but the curves has more room than it needs.
LOW, VERY_LOW = 330, 210
# The looks of bands: those of no run that may lie beside, and the colours that come last among these.
BAND_LOOKS = (*range(11, MOST_CHOSEN - 1, -1), *range(12, 30))
# Of the plots in a file.
HEIGHTS = {"loss": 340, "accuracy": 240, "rate": 130}


class RunCurves(QWidget):
    """Shows what the monitor watches. It pulls: the page's timer calls :meth:`pull`, which draws one plot at most.

    Signals:
        said: a line for people, and its role.
    """

    said = Signal(str, str)

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Starts with what was chosen last."""
        super().__init__(parent)
        self.monitor = monitor
        self._turn = 0
        self._seen: dict[str, tuple[object, ...]] = {}
        self._bands: dict[str, list[Band]] = {"loss": [], "accuracy": []}
        self._numbers = CurveNumbers()
        self.legend = CurveLegend()
        self.legend.setObjectName("curves_legend")
        self.tools = CurveTools(kept_choices())
        self.compare_button = CompareButton(monitor)
        self.tools.add_tool(self.compare_button)
        self.files = CurveFiles(self._print, self)
        self._make_plots()
        self._reading = CurveReading(monitor, self.plots["loss"].span)
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(self.tools)
        layout.addWidget(self.legend)
        layout.addWidget(self.loss_plot, 3)
        layout.addWidget(self.accuracy_plot, 2)
        layout.addWidget(self.rate_plot)
        self._connect()
        self._take_choices(self.tools.choices)
        self._take_overlays()

    # --- what is drawn

    def pull(self) -> None:
        """Draws what is new on one of the plots, each in its turn: together they would hold the window up longer."""
        shown = [name for name, plot in self.plots.items() if not plot.isHidden()]
        for _ in shown:
            self._turn = (self._turn + 1) % len(shown)
            if self._show(shown[self._turn]):
                return

    def pull_all(self) -> None:
        """Draws what is new on all plots at once, for somebody who has just come."""
        for name in self.plots:
            self._show(name)

    def show_band(
        self,
        name: str,
        x: NDArray[np.floating],
        mean: NDArray[np.floating],
        low: NDArray[np.floating],
        high: NDArray[np.floating],
        *,
        quantity: str = "loss",
    ) -> None:
        """Draws what several runs have in common, their mean and the area between two lines, such as over seeds.

        Args:
            name: what it is called; another of that name is replaced.
            x: in epochs, ascending.
            mean: one number for each of them; accuracies in percent.
            low: the lower line.
            high: the upper line.
            quantity: "loss" or "accuracy".
        """
        others = [band for band in self._bands[quantity] if band.name != name]
        look = self._look_of_band(name)
        rows = (np.asarray(each, np.float64) for each in (x, mean, low, high))
        self._bands[quantity] = [*others, Band(name, look, *rows)]
        self.plots[quantity].set_bands(self._bands[quantity])
        self._show_legend()

    def clear_bands(self) -> None:
        """Takes all bands away."""
        for quantity in self._bands:
            self._bands[quantity] = []
            self.plots[quantity].set_bands([])
        self._show_legend()

    def stop(self) -> None:
        """Ends background work, before the window closes."""
        self.files.stop()

    # --- Qt

    def minimumSizeHint(self) -> QSize:
        # The legend gives way.
        least = super().minimumSizeHint()
        given = self.legend.minimumSizeHint().height() + self._layout.spacing() if not self.legend.isHidden() else 0
        return QSize(least.width(), least.height() - given)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_low = self.height() < theme.px(LOW)
        self._layout.setStretchFactor(self.loss_plot, 1 if is_low else 3)
        self._layout.setStretchFactor(self.accuracy_plot, 1 if is_low else 2)
        self.legend.set_most_rows(1 if is_low else 2)
        self.legend.setVisible(self.height() >= theme.px(VERY_LOW))
        self._show_rate()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._reading.read(self.plots)

    # --- parts

    def _make_plots(self) -> None:
        self.loss_plot = CurvePlot(self.tr("Loss"), log=None)
        self.loss_plot.setObjectName("loss_plot")
        self.loss_plot.is_above = True
        self.loss_plot.set_placeholder(
            self.tr(
                "Here you will see how surprised the network is by the right answers (the loss): one point for "
                "each batch. It falls as the network learns. Press Start."
            )
        )
        self.accuracy_plot = CurvePlot(self.tr("Accuracy"), unit="%", highest=100.0)
        self.accuracy_plot.setObjectName("accuracy_plot")
        self.accuracy_plot.set_placeholder(self.tr("And here the share of pictures that it answers right (accuracy)."))
        self.rate_plot = CurvePlot(self.tr("Learning rate"), log=True, role="second_text")
        self.rate_plot.setObjectName("rate_plot")
        self.rate_plot.has_figures_below = False
        self.rate_plot.set_placeholder(self.tr("Learning rate of each batch"))
        self.rate_plot.setFixedHeight(theme.px(RATE_HEIGHT))
        self.plots = {"loss": self.loss_plot, "accuracy": self.accuracy_plot, "rate": self.rate_plot}
        for plot in (self.accuracy_plot, self.rate_plot):
            plot.names_marks = False
            plot.link(self.loss_plot)

    def _connect(self) -> None:
        monitor, span = self.monitor, self.loss_plot.span
        monitor.moved.connect(lambda: span.look_back(monitor.epoch))
        monitor.overlays_changed.connect(self._take_overlays)
        self.compare_button.trouble_met.connect(lambda text: self.said.emit(text, "bad"))
        self.files.said.connect(self.said)
        self.tools.choices_changed.connect(self._choose)
        self.tools.all_wanted.connect(self._show_all)
        self.tools.save_wanted.connect(self._save)
        span.zoom_changed.connect(self._show_zoom)
        span.pointed.connect(lambda: self._reading.read(self.plots))
        for plot in self.plots.values():
            plot.place_clicked.connect(self._reading.look_at)
            plot.place_dragged.connect(self._reading.drag_to)
            plot.all_wanted.connect(self._reading.undo_look)
            plot.all_wanted.connect(self._show_all)
        span.look_back(monitor.epoch)
        self._show_zoom()

    # --- what people choose

    def _choose(self, choices: CurveChoices) -> None:
        keep_choices(choices)
        self._take_choices(choices)

    def _take_choices(self, choices: CurveChoices) -> None:
        for plot in (self.loss_plot, self.accuracy_plot):
            plot.set_choices(choices)
        self.rate_plot.set_choices(CurveChoices(clip=False, raw=False, smoothing=1, window=choices.window))
        self._show_rate()

    def _show_rate(self) -> None:
        wanted = self.tools.choices.rate
        is_shown = self.height() >= theme.px(ROOM_FOR_RATE) if wanted is None else wanted
        self.tools.set_rate_shown(is_shown)
        if self.rate_plot.isHidden() is is_shown:
            self.rate_plot.setVisible(is_shown)
            self._show("rate")

    def _show_all(self) -> None:
        for plot in self.plots.values():
            plot.show_all()

    def _show_zoom(self) -> None:
        self.tools.set_zoomed(any(plot.is_zoomed for plot in self.plots.values()))

    def _save(self, ending: str) -> None:
        run = self.monitor.run
        if run is None or not len(run.history):
            self.said.emit(self.tr("There is nothing to save yet. Press Start."), "warning")
        else:
            self.files.choose_and_save(run, ending)

    def _print(self, run: Run) -> CurvePrint:
        self.pull_all()
        shown = [(self.plots[name], height) for name, height in HEIGHTS.items() if not self.plots[name].isHidden()]
        return CurvePrint(run.record.name, shown, self.legend.entries)

    # --- what is shown

    def _show(self, name: str) -> bool:
        """Shows the newest numbers on a plot; whether there were any."""
        run, plot = self.monitor.run, self.plots[name]
        news: tuple[object, ...] = ()
        if run is not None:
            history = run.history
            news = (id(run), id(history), len(history), len(history.epochs), len(run.changes), run.record.diverged_at)
        if news == self._seen.get(name):
            return False
        self._seen[name] = news
        plot.show_data(self._numbers.of(name, run) if run is not None else None)
        self._show_legend()
        return True

    def _take_overlays(self) -> None:
        runs = self.monitor.overlays
        for name in ("loss", "accuracy"):
            self.plots[name].set_overlays([self._numbers.beside(name, run, look) for look, run in enumerate(runs)])
        self._show_legend()

    def _show_legend(self) -> None:
        run = self.monitor.run
        entries = [
            LegendEntry("train", self.tr("train, each batch")),
            LegendEntry("validation", self.tr("validation")),
            LegendEntry("epoch", self.tr("train, whole epoch")),
        ]
        # These come while the training goes on.
        best, change = LegendEntry("best", self.tr("best epoch")), LegendEntry("change", self.tr("a change"))
        has_best = run is not None and best_epoch(run.history.epochs) > 0
        has_change = run is not None and bool(run.changes)
        present = {best: has_best, change: has_change}
        entries += [entry for entry, is_there in present.items() if is_there]
        entries += [LegendEntry("other", other.record.name, look) for look, other in enumerate(self.monitor.overlays)]
        named: dict[str, int] = {band.name: band.look for band in self._all_bands()}
        entries += [LegendEntry("band", name, look) for name, look in named.items()]
        self.legend.set_entries(entries, [entry for entry, is_there in present.items() if not is_there])

    def _all_bands(self) -> Iterable[Band]:
        for bands in self._bands.values():
            yield from bands

    def _look_of_band(self, name: str) -> int:
        """Another look than any run that may lie beside; the same for loss and accuracy."""
        looks = {band.name: band.look for band in self._all_bands()}
        return looks.get(name, next((look for look in BAND_LOOKS if look not in looks.values()), 0))
