"""What one layer makes of its input, found by running it on torch's meta device; nothing is computed.

Each answer is kept: after an edit only the layers that it touches are looked at again, and a container is built
with stand-ins for the layers inside it, which are described already. So a tree costs one small trial a layer,
however deep it is.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer, Shape, shape_text
from lepton_studio.engine.reach import Reach

BYTES_PER_NUMBER = 4

# Deeper than any network that people draw, and shallow enough for Python's own stack.
DEEPEST = 24

# Of what looks at one pixel only.
POINT = Reach()


@dataclass(frozen=True)
class Description:
    """What comes out of a layer or a stack for one sample, and what that costs.

    Attributes:
        output_shape: None if it cannot be built.
        parameters: how many numbers are learned or were; ``frozen`` of them are kept as they are.
        flops: operations of convolutions and matrix products, a multiply-add counted as two.
        memory: bytes of the outputs of all layers in it, in float32.
        reach: how far it looks over its input.
        error: why it cannot be built itself.
        inside: why a layer inside it cannot, named by its place.
        rows: of the layers inside, by their path from here.
    """

    output_shape: Shape | None = None
    parameters: int = 0
    frozen: int = 0
    flops: int = 0
    memory: int = 0
    reach: Reach = POINT
    error: LeptonError | None = None
    inside: LeptonError | None = None
    rows: tuple[Row, ...] = ()

    @property
    def trouble(self) -> LeptonError | None:
        """Why nothing comes out of it."""
        return self.error or self.inside


@dataclass(frozen=True)
class Row:
    """A layer somewhere in a tree: what it gets, what it makes of it, and how far it looks together with those before.

    ``what`` is None where nothing is known, because a layer before it cannot be built.
    """

    path: tuple[int, ...]
    layer: Layer
    input_shape: Shape | None = None
    what: Description | None = None
    reach: Reach = POINT

    def inside(self, path: tuple[int, ...], before: Reach) -> Row:
        """The same row, seen from the stack that holds its container."""
        return replace(self, path=(*path, *self.path), reach=before.then(self.reach))


class InsideError(LeptonError):
    """A layer inside a container cannot be built; the container itself is not at fault."""


@dataclass
class _Stacks:
    """What a container asked for while it was built on trial."""

    described: list[tuple[int, Description]]


_asking: ContextVar[_Stacks | None] = ContextVar("asking", default=None)


def stand_in(layers: Sequence[Layer], shape: Shape, first: int) -> tuple[nn.Sequential, Shape] | None:
    """For a container that is built on trial: something with the outcome of its layers; None if it is built in earnest.

    Raises:
        InsideError: one of the layers cannot be built.
    """
    asking = _asking.get()
    if asking is None:
        return None
    whole = describe_stack(tuple(layers), shape)
    asking.described.append((first, whole))
    if whole.output_shape is None:
        assert whole.inside is not None
        raise InsideError(whole.inside.what, whole.inside.remedy)
    return nn.Sequential(_Outcome(whole.output_shape)), whole.output_shape


class _Outcome(nn.Module):
    """Gives numbers of the right shape, whatever comes."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self._shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return torch.empty((len(x), *self._shape), device="meta")


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts operations as torch.utils.flop_counter does, without its tables for each module."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.flops += formula(*args, **(kwargs or {}), out_val=out)
        return out


# msgspec's structs compare and hash by value, so that an equal layer anywhere is the same question.
@functools.lru_cache(maxsize=8192)
def describe_layer(layer: Layer, shape: Shape) -> Description:
    """Tries one layer, with all inside it, on inputs of ``shape``; never raises for a layer that does not fit."""
    if layer.disabled:
        return Description(shape, rows=_with_unknown(layer, {}))
    if _is_too_deep(layer):
        too_deep = LeptonError(f"Layers lie more than {DEEPEST} deep in each other here.", "Take some out.")
        return Description(error=too_deep)
    stacks = _Stacks([])
    token = _asking.set(stacks)
    own, error, inside = Description(), None, None
    try:
        own = _tried(layer, shape)
    except InsideError as caught:
        inside = caught
    except LeptonError as caught:
        error = caught
    finally:
        _asking.reset(token)
    inner = [what for _first, what in stacks.described]
    known: dict[tuple[int, ...], Row] = {}
    for first, what in stacks.described:
        for row in what.rows:
            known.setdefault((row.path[0] + first, *row.path[1:]), row)
    return Description(
        own.output_shape,
        own.parameters + sum(one.parameters for one in inner),
        own.frozen + sum(one.frozen for one in inner),
        own.flops + sum(one.flops for one in inner),
        own.memory + sum(one.memory for one in inner),
        _reach(layer, shape, inner) if error is None and inside is None else Reach(),
        error,
        inside,
        _with_unknown(layer, known),
    )


def _reach(layer: Layer, shape: Shape, inner: list[Description]) -> Reach:
    """Of a layer that fits: one that does not need not say how far it looks."""
    return layer.reach_of(tuple(one.reach for one in inner)) if layer.is_container else layer.reach(shape)


def describe_stack(layers: Sequence[Layer], shape: Shape | None) -> Description:
    """Tries layers one after the other; those behind one that does not fit are not known."""
    rows: list[Row] = []
    whole = Description(shape)
    for position, layer in enumerate(layers):
        if shape is None:
            rows.append(Row((position,), layer))
            rows += (row.inside((position,), Reach()) for row in _with_unknown(layer, {}))
            continue
        what = _explained(layer, shape, describe_layer(layer, shape), rows)
        before, trouble = whole.reach, what.trouble
        whole = Description(
            what.output_shape,
            whole.parameters + what.parameters,
            whole.frozen + what.frozen,
            whole.flops + what.flops,
            whole.memory + what.memory,
            before.then(what.reach),
            inside=trouble and LeptonError(f"Layer {position + 1} ({layer.title}): {trouble.what}", trouble.remedy),
        )
        rows.append(Row((position,), layer, shape, what, whole.reach))
        rows += (row.inside((position,), before) for row in what.rows)
        shape = what.output_shape
    return replace(whole, output_shape=shape, rows=tuple(rows))


def _explained(layer: Layer, shape: Shape, what: Description, rows: list[Row]) -> Description:
    """With the picture in the message that the row of numbers was, which do not fit."""
    if what.error is None or len(shape) != 1:
        return what
    pictures = [row.input_shape for row in rows if len(row.path) == 1 and row.input_shape and len(row.input_shape) == 3]
    if not pictures or math.prod(pictures[-1]) != shape[0]:
        return what
    return replace(what, error=layer.explained(what.error, shape, pictures[-1]))


def _with_unknown(layer: Layer, known: dict[tuple[int, ...], Row]) -> tuple[Row, ...]:
    """The rows of all layers inside, those that nobody asked for as well."""
    rows: list[Row] = []
    for position, child in enumerate(layer.children()):
        if (position,) in known:
            rows += (replace(row, path=path) for path, row in known.items() if path[0] == position)
        else:
            rows.append(Row((position,), child))
            rows += (row.inside((position,), Reach()) for row in _with_unknown(child, {}))
    return tuple(rows)


def _tried(layer: Layer, shape: Shape) -> Description:
    """Cost and outcome of what the layer itself does; those of the stacks inside it are told apart.

    Raises:
        LeptonError: it does not fit.
    """
    counter = _Counter()
    # One step costs as much as any other, and torch takes a recurrent layer apart step by step in Python.
    steps = shape[0] if layer.steps_are_alike and len(shape) == 2 else 1
    tried = shape if steps == 1 else (1, *shape[1:])
    try:
        with torch.device("meta"):
            module = layer.build(shape).eval()
        inside = _noting_outputs(module) if layer.is_network else []
        with torch.no_grad(), counter:
            out = module(torch.empty((1, *tried), device="meta"))
        after = tuple(out.shape[1:])
        if steps > 1 and len(after) == 2:
            after = (steps, after[1])
    except (RuntimeError, ValueError, IndexError, TypeError, ArithmeticError, AttributeError, AssertionError) as error:
        reason = str(error).strip().split("\n")[0]
        raise LeptonError(
            f"it cannot take an input of {shape_text(shape)}: {reason}.", "Change its settings."
        ) from error
    if 0 in after:
        raise LeptonError(f"{layer.title} leaves nothing of {shape_text(shape)}.", "Change its settings.")
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in module.parameters()]
    return Description(
        after,
        sum(size for size, _learned in sizes),
        sum(size for size, learned in sizes if not learned),
        counter.flops * steps,
        # What comes out of layers in a row is what came out of the last of them.
        0
        if layer.is_container and type(module) is nn.Sequential
        else max(math.prod(after), sum(inside)) * BYTES_PER_NUMBER,
    )


def _noting_outputs(module: nn.Module) -> list[int]:
    """A list in which each layer inside notes how many numbers come out of it; a frozen network keeps none of them."""
    noted: list[int] = []
    if any(parameter.requires_grad for parameter in module.parameters()):
        for part in module.modules():
            if not list(part.children()):
                part.register_forward_hook(
                    lambda _part, _inputs, out: noted.append(out.numel()) if isinstance(out, Tensor) else None
                )
    return noted


def _is_too_deep(layer: Layer) -> bool:
    level: list[Layer] = [layer]
    for _depth in range(DEEPEST + 1):
        level = [child for each in level for child in each.children()]
        if not level:
            return False
    return True
