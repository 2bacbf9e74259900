"""A stack with a shortcut around it."""

from typing import Annotated, ClassVar, Literal

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.layer import Layer, Layers, Module, Shape, shape_text
from lepton_studio.engine.wiring import Wiring


class Residual(Layer, frozen=True, tag="residual"):
    """Adds what its layers make to what came in, so that they need only learn the difference.

    ``y = x + f(x)``, or ``y = P x + f(x)`` where a projection P (a 1 × 1 convolution with batch norm; Linear for rows
    and sequences) brings the input to the size that the layers end in. He et al. 2015,
    https://arxiv.org/abs/1512.03385
    """

    title: ClassVar[str] = "Residual"
    group: ClassVar[str] = "Container"
    also: ClassVar[tuple[str, ...]] = ("resnet", "shortcut", "skip connection")

    is_container: ClassVar[bool] = True

    body: Annotated[Layers, about("The layers inside, whose output is added to their input.", hidden=True)] = ()
    shortcut: Annotated[
        Literal["identity", "projection"],
        about(
            "How the input goes around the layers: unchanged, or brought to their size by weights of its own, as where"
            " they change the channels or have a stride."
        ),
    ] = "identity"

    def children(self) -> tuple[Layer, ...]:
        return self.body

    def with_children(self, children: tuple[Layer, ...]) -> Layer:
        return msgspec.structs.replace(self, body=children)

    def wiring(self) -> Wiring:
        return Wiring(goes_by=True, around="" if self.shortcut == "identity" else self.shortcut, joint="+")

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.network import Sum, build_stack

        body, after = build_stack(self.body, shape)
        if self.shortcut == "projection":
            return Sum(body, _projection(shape, after))
        if after == shape:
            return Sum(body)
        what = f"The layers inside turn {shape_text(shape)} into {shape_text(after)}, so the two cannot be added."
        if _strides(shape, after) is not None:
            raise LeptonError(what, "Set the shortcut to projection, or keep the size inside.")
        raise LeptonError(what, _keep_the_size(shape))


def _projection(shape: Shape, after: Shape) -> Module:
    """From ``shape`` to ``after`` with as few weights as there can be.

    Raises:
        LeptonError: no whole stride leads there.
    """
    from torch import nn

    strides = _strides(shape, after)
    if strides is None:
        raise LeptonError(
            f"The layers inside turn {shape_text(shape)} into {shape_text(after)}; no projection does the same.",
            _keep_the_size(shape),
        )
    if len(shape) == 3:
        return nn.Sequential(nn.Conv2d(shape[0], after[0], 1, strides, bias=False), nn.BatchNorm2d(after[0]))
    return nn.Linear(shape[-1], after[-1])


def _strides(shape: Shape, after: Shape) -> tuple[int, int] | None:
    """The strides down and across by which a 1 × 1 window ends in ``after``; ones if there are no pictures.

    None if a projection cannot get there at all.
    """
    if len(shape) != len(after):
        return None
    if len(shape) < 3:
        return (1, 1) if shape[:-1] == after[:-1] else None
    down, across = (_stride(before, behind) for before, behind in zip(shape[1:], after[1:], strict=True))
    return None if down is None or across is None else (down, across)


def _stride(before: int, after: int) -> int | None:
    """The smallest stride by which a window of one pixel makes ``after`` of ``before`` pixels; None if none does."""
    # (before - 1) // stride + 1 == after
    stride = (before - 1) // after + 1
    return stride if (before - 1) // stride + 1 == after else None


def _keep_the_size(shape: Shape) -> str:
    if len(shape) == 3:
        return "Keep the size inside: same number of channels, and a padding of half the window."
    return f"Let the last layer inside give {shape_text(shape)} again."
