"""The numbers that make one cell of a layer's output: what a person would have to compute to get the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.walk_through import Path

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lepton_studio.engine.prediction import Predictor

Cell = tuple[int, ...]
Floats = NDArray[np.float32]
Kind = Literal[
    "convolution", "maximum", "mean", "products", "function", "normalised", "copy", "addends", "softmax", "told"
]

# The answer itself, the softmax behind the last layer, has the empty path.
ANSWER: Path = ()


@dataclass(frozen=True, eq=False)
class CellArithmetic:
    """How one cell came about. Which of the numbers there are depends on the kind.

    Attributes:
        path: of the layer.
        cell: where in its output, without the batch.
        kind: "convolution": inputs and weights are I x h x w, their products added up, and a bias. "maximum" and
            "mean": of the inputs, h x w or a row. "products": inputs times weights, rows of F, added up, and a bias.
            "function": of one input. "normalised": one input by four numbers. "copy": one input, unchanged. "addends":
            the inputs are added. "softmax": of the inputs, divided by the temperature. "told": the numbers are too many
            to be told; there are no inputs.
        value: what the layer itself computes.
        handed_on: what becomes of it by what is done to the network; else the same.
        inputs, weights, bias: see above.
        corner: row and column of the input at the top left of the window; negative in the padding.
        spacing: how far apart the numbers of the window lie in the input (dilation).
        first: which channel of the input comes first among the inputs.
        numbers: "mean", "deviation", "scale" and "shift", or the "temperature", or what a function depends on.
        function: which one: "relu", "sigmoid" ...
        origin: where in the input the one number comes from.
    """

    path: Path
    cell: Cell
    kind: Kind
    value: float = 0.0
    handed_on: float = 0.0
    inputs: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    weights: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    bias: float = 0.0
    corner: tuple[int, int] = (0, 0)
    spacing: tuple[int, int] = (1, 1)
    first: int = 0
    numbers: dict[str, float] = field(default_factory=dict)
    function: str = ""
    origin: Cell = ()

    @property
    def sums(self) -> NDArray[np.float64]:
        """What each channel of the input adds to a convolution, each input to a sum of products."""
        products = self.inputs.astype(np.float64) * self.weights
        return products.sum(axis=(1, 2)) if products.ndim == 3 else products

    @property
    def winner(self) -> Cell:
        """Where in the window the largest number is."""
        return tuple(int(at) for at in np.unravel_index(int(self.inputs.argmax()), self.inputs.shape))

    @property
    def result(self) -> float:
        """What comes out if the numbers are put together as the kind says; the value, but for rounding."""
        return _RESULTS[self.kind](self, self.inputs.astype(np.float64))


def take_apart(
    predictor: Predictor, picture: NDArray[np.uint8], path: Path, cell: Cell, temperature: float = 1.0
) -> CellArithmetic:
    """Takes apart one cell of what a layer makes of a picture.

    Args:
        predictor: whose network, with what is done to it.
        picture: C x H x W, uint8.
        path: of the layer; the empty one stands for the answer.
        cell: where in its output, without the batch; must lie in it.
        temperature: by which the logits are divided before the softmax.
    """
    import torch

    from lepton_studio.engine.activations import forward_in_order, layer_modules

    network = predictor.network
    modules = layer_modules(network, predictor.run.experiment.architecture)
    given: list[Tensor] = []
    made: list[Tensor] = []
    hooks = []
    if path != ANSWER:
        module = modules[path]
        # Of a layer that is used several times, the first time counts.
        hooks = [
            module.register_forward_pre_hook(lambda _module, inputs: given.append(inputs[0].clone())),
            module.register_forward_hook(lambda _module, _inputs, out: made.append(out.clone())),
        ]
    try:
        with torch.inference_mode():
            logits = forward_in_order(network, torch.from_numpy(np.array(picture, order="C"))[None])[0]
    finally:
        for hook in hooks:
            hook.remove()
    if path == ANSWER:
        value = float((logits / temperature).softmax(0)[cell])
        return CellArithmetic(
            path, cell, "softmax", value, value, _floats(logits), numbers={"temperature": temperature}
        )
    with torch.inference_mode():
        # Without the hooks of the layer itself, which may change what it computes.
        own = module.forward(given[0].clone())[0]
        told = _told(module, given[0], cell)
    return replace(told, path=path, value=float(own[cell]), handed_on=float(made[0][0][cell]))


# --- each kind of layer


def _told(module: nn.Module, x: Tensor, cell: Cell) -> CellArithmetic:
    """The numbers behind a cell; x is the input with its batch of one."""
    tell = _TELLERS.get(type(module).__name__)
    return CellArithmetic((), cell, "told") if tell is None else tell(module, x[0], cell)


def _convolution(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    channel, row, column = cell
    per_group = module.in_channels // module.groups
    first = channel // (module.out_channels // module.groups) * per_group
    corner = tuple(
        at * stride - pad for at, stride, pad in zip((row, column), module.stride, module.padding, strict=True)
    )
    patch = _window(x[first : first + per_group], corner, module.kernel_size, module.dilation, 0.0)
    bias = float(module.bias[channel]) if module.bias is not None else 0.0
    weights = _floats(module.weight[channel])
    return CellArithmetic(
        (), cell, "convolution", inputs=patch, weights=weights, bias=bias, corner=(corner[0], corner[1]),
        spacing=module.dilation, first=first,
    )  # fmt: skip


def _max_pool(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    size, stride, padding = (_pair(each) for each in (module.kernel_size, module.stride, module.padding))
    corner = (cell[1] * stride[0] - padding[0], cell[2] * stride[1] - padding[1])
    inputs = _window(x[cell[0]][None], corner, size, (1, 1), -np.inf)[0]
    return CellArithmetic((), cell, "maximum", inputs=inputs, corner=corner, first=cell[0])


def _mean_pool(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    size, stride, padding = (_pair(each) for each in (module.kernel_size, module.stride, module.padding))
    corner = (cell[1] * stride[0] - padding[0], cell[2] * stride[1] - padding[1])
    inputs = _window(x[cell[0]][None], corner, size, (1, 1), 0.0)[0]
    return CellArithmetic((), cell, "mean", inputs=inputs, corner=corner, first=cell[0])


def _adaptive(kind: Kind) -> Callable[[Any, Tensor, Cell], CellArithmetic]:
    def tell(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
        sides = _pair(module.output_size)
        spans = [part_of(at, x.shape[axis + 1], sides[axis]) for axis, at in enumerate(cell[1:])]
        inputs = _floats(x[cell[0], slice(*spans[0]), slice(*spans[1])])
        return CellArithmetic((), cell, kind, inputs=inputs, corner=(spans[0][0], spans[1][0]), first=cell[0])

    return tell


def _linear(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    bias = float(module.bias[cell[-1]]) if module.bias is not None else 0.0
    inputs, weights = _floats(x[cell[:-1]]), _floats(module.weight[cell[-1]])
    return CellArithmetic((), cell, "products", inputs=inputs, weights=weights, bias=bias)


def _function(name: str, *fields: str) -> Callable[[Any, Tensor, Cell], CellArithmetic]:
    def tell(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
        numbers = {each: float(getattr(module, each)) for each in fields}
        return CellArithmetic(
            (), cell, "function", inputs=_floats(x[cell]), numbers=numbers, function=name, origin=cell
        )

    return tell


def _batch_norm(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    channel = cell[0]
    deviation = float((module.running_var[channel].double() + module.eps).sqrt())
    numbers = {"mean": float(module.running_mean[channel]), "deviation": deviation}
    return _normalised(module, x, cell, numbers, channel)


def _group_norm(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    size = x.shape[0] // module.num_groups
    start = cell[0] // size * size
    return _normalised(module, x, cell, _spread(x[start : start + size], module.eps), cell[0])


def _layer_norm(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    over = len(module.normalized_shape)
    return _normalised(module, x, cell, _spread(x[cell[: x.ndim - over]], module.eps), cell[x.ndim - over :])


def _normalised(module: Any, x: Tensor, cell: Cell, numbers: dict[str, float], place: Any) -> CellArithmetic:
    is_learned = module.weight is not None
    numbers["scale"] = float(module.weight[place]) if is_learned else 1.0
    numbers["shift"] = float(module.bias[place]) if is_learned and module.bias is not None else 0.0
    return CellArithmetic((), cell, "normalised", inputs=_floats(x[cell]), numbers=numbers, origin=cell)


def _spread(x: Tensor, eps: float) -> dict[str, float]:
    exact = x.double()
    return {"mean": float(exact.mean()), "deviation": float((exact.var(correction=0) + eps).sqrt())}


def _unchanged(_module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    return CellArithmetic((), cell, "copy", inputs=_floats(x[cell]), origin=cell)


def _laid_flat(_module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    origin = tuple(int(at) for at in np.unravel_index(cell[0], tuple(x.shape)))
    return CellArithmetic((), cell, "copy", inputs=_floats(x[origin]), origin=origin)


def _folded(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    origin = (int(np.ravel_multi_index(cell, tuple(module.unflattened_size))),)
    return CellArithmetic((), cell, "copy", inputs=_floats(x[origin]), origin=origin)


def _rows(_module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    channel, column = divmod(cell[1], x.shape[2])
    origin = (channel, cell[0], column)
    return CellArithmetic((), cell, "copy", inputs=_floats(x[origin]), origin=origin)


def _total(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    """Ways that are added up."""
    if hasattr(module, "branches"):
        parts = [branch(x[None])[0][cell] for branch in module.branches]
    else:
        kept = x if module.shortcut is None else module.shortcut(x[None])[0]
        parts = [kept[cell], module.body(x[None].clone())[0][cell]]
    return CellArithmetic((), cell, "addends", inputs=np.array([float(part) for part in parts], np.float32))


def _places(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    inputs = np.array([float(x[cell]), float(module.places[cell])], np.float32)
    return CellArithmetic((), cell, "addends", inputs=inputs)


def _pooled_steps(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    column = _floats(x[:, cell[0]])
    if module.kind in ("mean", "max"):
        return CellArithmetic((), cell, "mean" if module.kind == "mean" else "maximum", inputs=column)
    step = 0 if module.kind == "first" else len(column) - 1
    return CellArithmetic((), cell, "copy", inputs=column[[step]], origin=(step, cell[0]))


def _weighed(module: Any, x: Tensor, cell: Cell) -> CellArithmetic:
    weights = _floats(module.weights(x[None])[0, cell[0]]).reshape(1)
    return CellArithmetic((), cell, "products", inputs=_floats(x[cell]), weights=weights, origin=cell)


_TELLERS: dict[str, Callable[[Any, Any, Cell], CellArithmetic]] = {
    "Conv2d": _convolution,
    "MaxPool2d": _max_pool,
    "AvgPool2d": _mean_pool,
    "AdaptiveAvgPool2d": _adaptive("mean"),
    "AdaptiveMaxPool2d": _adaptive("maximum"),
    "Linear": _linear,
    "ReLU": _function("relu"),
    "LeakyReLU": _function("leaky_relu", "negative_slope"),
    "ELU": _function("elu", "alpha"),
    "GELU": _function("gelu"),
    "SiLU": _function("silu"),
    "Sigmoid": _function("sigmoid"),
    "Tanh": _function("tanh"),
    "BatchNorm2d": _batch_norm,
    "BatchNorm1d": _batch_norm,
    "GroupNorm": _group_norm,
    "LayerNorm": _layer_norm,
    "Identity": _unchanged,
    "Dropout": _unchanged,
    "Dropout2d": _unchanged,
    "Flatten": _laid_flat,
    "Unflatten": _folded,
    "Rows": _rows,
    "Sum": _total,
    "Total": _total,
    "LearnedPositions": _places,
    "SinusoidalPositions": _places,
    "PooledSteps": _pooled_steps,
    "Excitation": _weighed,
}


def _normal(one: CellArithmetic, inputs: NDArray[np.float64]) -> float:
    by = one.numbers
    return float((inputs[0] - by["mean"]) / by["deviation"] * by["scale"] + by["shift"])


def _softmax(one: CellArithmetic, inputs: NDArray[np.float64]) -> float:
    powers = np.exp((inputs - inputs.max()) / one.numbers["temperature"])
    return float(powers[one.cell[0]] / powers.sum())


_RESULTS: dict[str, Callable[[CellArithmetic, NDArray[np.float64]], float]] = {
    "convolution": lambda one, _inputs: float(one.sums.sum()) + one.bias,
    "products": lambda one, _inputs: float(one.sums.sum()) + one.bias,
    "maximum": lambda _one, inputs: float(inputs.max()),
    "mean": lambda _one, inputs: float(inputs.mean()),
    "addends": lambda _one, inputs: float(inputs.sum()),
    "copy": lambda _one, inputs: float(inputs[0]),
    "normalised": _normal,
    "softmax": _softmax,
    "function": lambda one, inputs: _FORMULAS[one.function](float(inputs[0]), one.numbers),
    "told": lambda one, _inputs: one.value,
}


def _gelu(x: float, _by: dict[str, float]) -> float:
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


_FORMULAS: dict[str, Callable[[float, dict[str, float]], float]] = {
    "relu": lambda x, _by: max(0.0, x),
    "leaky_relu": lambda x, by: x if x > 0 else by["negative_slope"] * x,
    "elu": lambda x, by: x if x > 0 else by["alpha"] * float(np.expm1(x)),
    "gelu": _gelu,
    "silu": lambda x, _by: x / (1 + float(np.exp(-x))),
    "sigmoid": lambda x, _by: 1 / (1 + float(np.exp(-x))),
    "tanh": lambda x, _by: float(np.tanh(x)),
}


# --- windows


def part_of(at: int, before: int, after: int) -> tuple[int, int]:
    """From where to where (exclusive) the part of number ``at`` goes, if ``before`` pixels are cut into ``after``."""
    return at * before // after, -(-(at + 1) * before // after)


def _window(x: Tensor, corner: Any, size: Any, spacing: Any, outside: float) -> Floats:
    """The numbers of C x H x W that a window looks at: C x h x w, with ``outside`` in the padding."""
    rows, columns = (np.arange(count) * step + start for start, count, step in zip(corner, size, spacing, strict=True))
    found = np.full((len(x), size[0], size[1]), outside, np.float32)
    inside = [(each >= 0) & (each < side) for each, side in zip((rows, columns), x.shape[1:], strict=True)]
    picked = x.numpy()[:, rows[inside[0]]][:, :, columns[inside[1]]]
    found[np.ix_(np.arange(len(x)), np.flatnonzero(inside[0]), np.flatnonzero(inside[1]))] = picked
    return found


def _pair(value: Any) -> tuple[int, int]:
    return (int(value), int(value)) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _floats(x: Tensor) -> Floats:
    """A copy as float32; a single number is a row of one."""
    return np.atleast_1d(np.array(x.detach().numpy(), np.float32))
