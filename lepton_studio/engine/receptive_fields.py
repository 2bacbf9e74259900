"""Which part of the picture one cell of a layer's output can see.

Araujo, Norris and Sim 2019, https://distill.pub/2019/computing-receptive-fields
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.cell_arithmetic import Cell, part_of
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.walk_through import Path

if TYPE_CHECKING:
    from torch import nn

    from lepton_studio.engine.prediction import Predictor

Ends = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fields:
    """What each row and each column of a layer's output sees of the picture, first and last pixel.

    Attributes:
        rows, columns: H x 2 and W x 2.
        flat: the shape (C, H, W) that was laid into one row, if it was; else empty.
        steps: of a sequence, the row and the column (N x 2) of each step among these; else empty. A column of -1 is all
            of them.
    """

    rows: Ends
    columns: Ends
    flat: Shape = ()
    steps: tuple[tuple[int, int], ...] = ()

    def of(self, cell: Cell) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of what a cell sees; the last two are past the end."""
        if self.flat:
            cell = tuple(int(at) for at in np.unravel_index(cell[0], self.flat))
        row, column = self.steps[cell[0]] if self.steps else cell[1:]
        top, bottom = self.rows[row].tolist()
        left, right = (
            self.columns[column].tolist() if column >= 0 else (self.columns[:, 0].min(), self.columns[:, 1].max())
        )
        return int(top), int(left), int(bottom) + 1, int(right) + 1


class ReceptiveFields:
    """Of all layers of one network."""

    def __init__(self, predictor: Predictor) -> None:
        """Works them out from the windows of the layers, without any picture."""
        from lepton_studio.engine.activations import layer_modules

        self._shape = predictor.shape
        self._found: dict[int, Fields | None] = {}
        self._modules = layer_modules(predictor.network, predictor.run.experiment.architecture)
        rows, columns = (np.repeat(np.arange(side)[:, None], 2, axis=1) for side in self._shape[1:])
        fields: Fields | None = Fields(rows, columns)
        channels = self._shape[0]
        for module in predictor.network.layers:
            fields, channels = self._through(module, fields, channels)

    def of(self, path: Path, cell: Cell) -> tuple[int, int, int, int]:
        """Top, left, bottom and right (past the end) in pixels of the picture; all of it where nobody can tell."""
        fields = self._found.get(id(self._modules[path])) if path in self._modules else None
        everything = (0, 0, self._shape[1], self._shape[2])
        return everything if fields is None else fields.of(cell)

    def _through(self, module: nn.Module, fields: Fields | None, channels: int) -> tuple[Fields | None, int]:
        """What the outputs of a module see, and how many channels it has; None: everything."""
        after: Fields | None = None
        name = type(module).__name__
        if fields is None:
            pass
        elif name in ("Sequential", "Stack"):
            after = fields
            for part in module.children():
                after, channels = self._through(part, after, channels)
        elif name in ("Sum", "SkipConcat", "Total", "Concat"):
            after, channels = self._beside(module, fields, channels)
        elif name in _POINTWISE or (fields.steps and name in _STEPWISE):
            after = fields
        elif name == "Rows":
            after = replace(fields, steps=tuple((row, -1) for row in range(len(fields.rows))))
        elif name == "Patches" and not module.class_token:
            rows, columns = (_seen(ends, _sliding(module.embed, len(ends), axis)) for axis, ends in _axes(fields))
            grid = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
            after = Fields(rows, columns, steps=tuple(grid))
        elif name == "Flatten" and not (fields.flat or fields.steps):
            after = Fields(fields.rows, fields.columns, (channels, len(fields.rows), len(fields.columns)))
        elif name in _WINDOWS and not (fields.flat or fields.steps):
            rows, columns = (_seen(ends, _WINDOWS[name](module, len(ends), axis)) for axis, ends in _axes(fields))
            after = Fields(rows, columns)
            channels = getattr(module, "out_channels", channels)
        if fields is None:
            # Inside containers, too, each layer sees all.
            return None, channels
        self._found.setdefault(id(module), after)
        return after, channels

    def _beside(self, module: Any, fields: Fields, channels: int) -> tuple[Fields | None, int]:
        """Ways that come together: a cell sees what any of them sees."""
        name = type(module).__name__
        ways = [(fields, channels)] if name == "SkipConcat" or (name == "Sum" and module.shortcut is None) else []
        parts = list(module.branches) if hasattr(module, "branches") else [module.body]
        if getattr(module, "shortcut", None) is not None:
            parts.append(module.shortcut)
        found = [*ways, *(self._through(part, fields, channels) for part in parts)]
        counts = [count for _each, count in found]
        total = sum(counts) if name in ("Concat", "SkipConcat") else counts[-1]
        known = [each for each, _count in found if each is not None and not each.flat]
        if len(known) < len(found):
            return None, total
        return reduce(_union, known), total


def _axes(fields: Fields) -> Iterable[tuple[int, Ends]]:
    return enumerate((fields.rows, fields.columns))


def _union(one: Fields, two: Fields) -> Fields:
    rows, columns = (
        np.stack([np.minimum(a[:, 0], b[:, 0]), np.maximum(a[:, 1], b[:, 1])], axis=1)
        for a, b in ((one.rows, two.rows), (one.columns, two.columns))
    )
    return Fields(rows, columns, one.flat, one.steps)


def _seen(ends: Ends, windows: Ends) -> Ends:
    """What windows (N x 2, first and last place) see through what their input sees."""
    first, last = np.clip(windows, 0, len(ends) - 1).T
    return np.stack([ends[first, 0], ends[last, 1]], axis=1)


def _sliding(module: Any, size: int, axis: int) -> Ends:
    window, stride, padding, spacing = (
        _at(getattr(module, name, 1), axis) for name in ("kernel_size", "stride", "padding", "dilation")
    )
    span = (window - 1) * spacing
    starts = np.arange((size + 2 * padding - span - 1) // stride + 1) * stride - padding
    return np.stack([starts, starts + span], axis=1)


def _parts(module: Any, size: int, axis: int) -> Ends:
    count = _at(module.output_size, axis)
    spans = [part_of(at, size, count) for at in range(count)]
    return np.array([(start, end - 1) for start, end in spans], np.int64)


def _painted(module: Any, size: int, axis: int) -> Ends:
    """Of a transposed convolution: a pixel of the output gets something from those that paint over it."""
    window, stride, padding, more = (
        _at(getattr(module, name), axis) for name in ("kernel_size", "stride", "padding", "output_padding")
    )
    at = np.arange((size - 1) * stride - 2 * padding + window + more) + padding
    return np.stack([-((window - 1 - at) // stride), at // stride], axis=1)


def _enlarged(module: Any, size: int, axis: int) -> Ends:
    after = _at(module.size, axis) if module.size is not None else int(size * _at(module.scale_factor, axis))
    at = np.arange(after)
    if module.mode == "nearest":
        nearest = at * size // after
        return np.stack([nearest, nearest], axis=1)
    middle = (at + 0.5) * size / after - 0.5
    return np.stack([np.floor(middle), np.ceil(middle)], axis=1).astype(np.int64)


def _at(value: Any, axis: int) -> int:
    return int(value[axis]) if isinstance(value, tuple | list) else int(value)


_WINDOWS: dict[str, Callable[[Any, int, int], Ends]] = {
    "Conv2d": _sliding,
    "MaxPool2d": _sliding,
    "AvgPool2d": _sliding,
    "AdaptiveAvgPool2d": _parts,
    "AdaptiveMaxPool2d": _parts,
    "ConvTranspose2d": _painted,
    "Upsample": _enlarged,
}
_POINTWISE = {
    "ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "BatchNorm2d", "BatchNorm1d", "Identity", "Dropout",
    "Dropout2d",
}  # fmt: skip
# Of a sequence, these look at each step by itself.
_STEPWISE = {"Linear", "LayerNorm", "LearnedPositions", "SinusoidalPositions"}
