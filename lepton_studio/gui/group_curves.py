"""Runs that belong together, beside the watched one: their curves, and the mean and spread of all."""

from __future__ import annotations

from lepton_studio.engine import LeptonError, bands, runs_of_group
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.run_curves import RunCurves

# What is drawn of a group: of the validation, because that is what runs are compared by.
QUANTITIES = (("loss", "validation_loss", 1.0), ("accuracy", "validation_accuracy", 100.0))


class GroupCurves:
    """Shows one group at a time; looking at other runs takes its band away."""

    def __init__(self, monitor: Monitor, curves: RunCurves) -> None:
        """Shows nothing at first."""
        self._monitor, self._curves = monitor, curves
        self._shown: tuple[str, ...] = ()
        monitor.overlays_changed.connect(self._follow)

    def show_group(self, group: str) -> None:
        """Draws the runs of a group beside each other, with their mean and the area of a standard deviation around it.

        Raises:
            LeptonError: there are no such runs any more.
        """
        runs = runs_of_group(group)
        if not runs:
            raise LeptonError(f"The runs of '{group}' are not there any more.", "Choose others on Runs.")
        self._shown = tuple(run.id for run in runs)
        self._monitor.compare(tuple(runs))
        self._curves.clear_bands()
        found = bands(runs)
        for quantity, measure, scale in QUANTITIES:
            band = found.get(measure)  # type: ignore[call-overload]
            if band is not None:
                self._curves.show_band(
                    group, band.epochs, band.mean * scale, band.low * scale, band.high * scale, quantity=quantity
                )

    def _follow(self) -> None:
        if self._shown and not {run.id for run in self._monitor.overlays} & set(self._shown):
            self._shown = ()
            self._curves.clear_bands()
