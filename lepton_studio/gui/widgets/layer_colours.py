"""The colour of each group of layers, the same wherever layers are drawn."""

from __future__ import annotations

from PySide6.QtGui import QColor

# Taken from the set of gui/theme.py that is told apart with any colour vision; titles say the same in words.
_COLOURS = {
    "Picture": "#4477AA",
    "Pooling": "#44AA99",
    "Dense": "#AA3377",
    "Activation": "#CCBB44",
    "Normalisation": "#66CCEE",
    "Regularisation": "#DD7733",
    "Shape": "#8A93A3",
    "Sequence": "#EE6677",
    "Container": "#8A93A3",
    "Pretrained": "#228833",
}


def group_colour(group: str) -> QColor:
    """The colour of a group; a grey for one that is not known."""
    return QColor(_COLOURS.get(group, _COLOURS["Shape"]))
