"""Heat maps as colours that let shine through what they lie on: strong where much is, clear where nothing is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import Bytes

# From little to much, dark enough for white paper and bright enough for black: even steps of lightness, and hues that
# are told apart with any colour vision (after plasma, https://bids.github.io/colormap/).
_ON_LIGHT = ("#F5C04F", "#EE7B3B", "#C8386F", "#7A1C84", "#2A0B66")
_ON_DARK = ("#6A2BA8", "#BB3A86", "#EE6A4D", "#FDB13C", "#FBF3A0")
# Below this share of the largest value a colour fades into what is below it.
_CLEAR_BELOW = 0.5
# Of a signed map the middle is lifted, so that also half of the strongest colour is told from ink.
_LIFT = 0.6


def heat_colours(shares: NDArray[np.float32], is_signed: bool) -> tuple[Bytes, NDArray[np.float32]]:
    """The colour and the opacity of each number of a map.

    Args:
        shares: of the largest absolute value, -1..1, or 0..1 if nothing is signed; any shape.
        is_signed: whether below zero (blue) and above it (orange) are told apart.

    Returns:
        uint8, the shape of ``shares`` and 3; float32 0..1, the shape of ``shares``.
    """
    size = np.abs(shares)
    if is_signed:
        colours = theme.tokens()
        ends = np.array([_parts(colours.accent), _parts(colours.validation)])
        colour = ends[(shares > 0).astype(int)]
    else:
        stops = np.array([_parts(stop) for stop in (_ON_DARK if theme.tokens().name == "dark" else _ON_LIGHT)])
        places = np.linspace(0, 1, len(stops))
        colour = np.stack([np.interp(size, places, stops[:, channel]) for channel in range(3)], axis=-1)
    cover = size**_LIFT if is_signed else np.minimum(size / _CLEAR_BELOW, 1.0)
    return np.rint(colour).astype(np.uint8), cover.astype(np.float32)


def heat_shares(heat: NDArray[np.float32], is_signed: bool) -> NDArray[np.float32]:
    """A map as shares of its largest absolute value; what is no number is none."""
    known = np.nan_to_num(heat, nan=0.0, posinf=0.0, neginf=0.0)
    shares = known / max(float(np.abs(known).max(initial=0.0)), 1e-30)
    return (shares if is_signed else np.abs(shares)).astype(np.float32)


def over_ground(heat: NDArray[np.float32], is_signed: bool, ground: NDArray[np.float64], opacity: float) -> Bytes:
    """A map painted over colours.

    Args:
        heat: H x W.
        is_signed: as of :func:`heat_colours`.
        ground: H x W x 3, 0..255, what lies below.
        opacity: of the map, 0..1.

    Returns:
        H x W x 3.
    """
    colour, cover = heat_colours(heat_shares(heat, is_signed), is_signed)
    share = (cover * opacity)[..., None]
    mixed: Bytes = np.rint(ground * (1 - share) + colour * share).astype(np.uint8)
    return mixed


def clear_heat(heat: NDArray[np.float32], is_signed: bool, opacity: float) -> Bytes:
    """A map to lay over anything: H x W x 4, uint8, premultiplied, opacity last."""
    colour, cover = heat_colours(heat_shares(heat, is_signed), is_signed)
    alpha = (cover * opacity)[..., None]
    mixed: Bytes = np.rint(np.concatenate([colour * alpha, 255 * alpha], axis=-1)).astype(np.uint8)
    return mixed


def drawing_ground(picture: Bytes, strength: float) -> NDArray[np.float64]:
    """A drawing as it lies below a map: H x W x 3, from the colour of paper to a share of that of ink.

    Args:
        picture: C x H x W, uint8, bright ink on black.
        strength: how much of the colour of ink full ink has, 0..1.
    """
    ink = picture.astype(np.float64).mean(axis=0)[..., None] / 255
    colours = theme.tokens()
    paper, full = _parts(colours.surface), _parts(colours.text)
    ground: NDArray[np.float64] = paper + (full - paper) * (ink * strength)
    return ground


def _parts(colour: str) -> NDArray[np.float64]:
    made = QColor(colour)
    return np.array([made.red(), made.green(), made.blue()], np.float64)
