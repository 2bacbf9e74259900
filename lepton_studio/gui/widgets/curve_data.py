"""What a plot of curves is told to show."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from lepton_studio.gui.widgets.curve_axis import Numbers

# Batches that count for the trend, by how strong it is.
SMOOTHINGS = (1, 5, 15, 50, 200)
# Of the last so many batches; 0 is all of them, -1 those of the last epoch.
WINDOWS = (0, 200, 1_000, 5_000, -1)

# How curves that lie beside the watched one are told apart: colour in the light and the dark theme (each at least 3:1
# against the surface; Paul Tol's "muted" and "light" sets, https://personal.sron.nl/~pault/) and dash.
OVERLAY_COLOURS = (
    ("#AA3377", "#EE8AC0"), ("#117733", "#4FC97A"), ("#7A5AF8", "#A48BFF"), ("#887000", "#DDCC77"),
    ("#007A87", "#66CCEE"), ("#A0402A", "#FFAABB"),
)  # fmt: skip
OVERLAY_DASHES = ((6.0, 2.0), (2.0, 2.0), (7.0, 2.0, 1.5, 2.0), (10.0, 3.0), (4.0, 2.0, 1.0, 2.0, 1.0, 2.0))


@dataclass(frozen=True)
class CurveChoices:
    """How curves are looked at.

    Attributes:
        log: whether the loss has an axis of powers of ten.
        clip: whether rare outliers may lie outside of the plot.
        raw: whether every single batch is drawn, faintly.
        window: how many of the last batches are looked at; one of ``WINDOWS``.
        smoothing: about how many batches count for the trend; one of ``SMOOTHINGS``.
        rate: whether the learning rate is drawn; None: where there is room.
    """

    log: bool = False
    clip: bool = True
    raw: bool = True
    window: int = 0
    smoothing: int = 15
    rate: bool | None = None


@dataclass(frozen=True)
class CurveMark:
    """A vertical line where something happened.

    Attributes:
        at: in epochs.
        text: a few words beside it.
        is_bad: whether it is trouble rather than a change.
    """

    at: float
    text: str
    is_bad: bool = False


@dataclass(frozen=True, eq=False)
class CurveData:
    """What one run has to show in one plot, in units of epochs along x.

    Attributes:
        batches: one value for each batch.
        ends: how many epochs were done at its end; ascending.
        train, validation: one value for each finished epoch.
        best: the epoch, counted from 1, that counts as the best; 0: none.
        marks: what happened meanwhile.
        source: whose numbers these are, compared with ``is``: those of another source are another run.
    """

    batches: NDArray[np.float32]
    ends: Numbers
    train: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    best: int = 0
    marks: tuple[CurveMark, ...] = ()
    source: object = None


@dataclass(frozen=True, eq=False)
class Overlay:
    """Another run beside the watched one: its trend and its validation alone.

    Attributes:
        name: what it is called.
        look: which colour and dash it has, counted from 0.
        batches, ends, validation: as in :class:`CurveData`.
    """

    name: str
    look: int
    batches: NDArray[np.float32]
    ends: Numbers
    validation: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Band:
    """What several runs have in common: their mean, and between which numbers they lie.

    Attributes:
        name: what it is called.
        look: which colour and dash it has, counted from 0.
        x: in epochs, ascending.
        mean, low, high: one number for each of them.
    """

    name: str
    look: int
    x: Numbers
    mean: Numbers
    low: Numbers
    high: Numbers


@dataclass(frozen=True)
class HoverRow:
    """One line of what stands beside the crosshair; ``colour`` of its dot, if it has one."""

    label: str
    value: str
    colour: str = ""


@dataclass(frozen=True)
class HoverText:
    """What stands beside the crosshair: a title and a line for each curve."""

    title: str = ""
    rows: tuple[HoverRow, ...] = field(default_factory=tuple)


def overlay_colour(look: int, is_dark: bool) -> str:
    """The colour of a run that lies beside the watched one."""
    return OVERLAY_COLOURS[look % len(OVERLAY_COLOURS)][is_dark]


def overlay_dash(look: int) -> tuple[float, ...]:
    """Its dash, in widths of the line; no two of the first thirty share colour and dash."""
    return OVERLAY_DASHES[(look + look // 30) % len(OVERLAY_DASHES)]


VALIDATION_DASH = Qt.PenStyle.DashLine
