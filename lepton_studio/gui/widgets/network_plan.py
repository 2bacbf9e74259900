"""Where everything lies in the drawing of a network: boxes, tensors between them, and the wires.

Pure arithmetic, in units of a pixel at 100 %; the flow goes down. Each part of the drawing is laid out around an axis
at x = 0 that its input comes down on, and then moved to its place in the part that holds it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Path = tuple[int, ...]
Shape = tuple[int, ...]
Point = tuple[float, float]
# How wide a text is; the second is whether it is a title.
Measure = Callable[[str, bool], float]
Kind = Literal["layer", "frame", "joint", "input", "answer"]

TALL, SLIM, TITLE_LINE = 40.0, 24.0, 20.0
NARROWEST, WIDEST = 96.0, 208.0
PADDING, BETWEEN_WAYS, LANE = 12.0, 20.0, 18.0
SHORT_GAP, ABOVE_TENSOR, BELOW_TENSOR = 12.0, 8.0, 14.0
JOINT = 20.0
LABEL_GAP = 8.0
LARGEST_SIDE, SMALLEST_SIDE = 40.0, 3.0
SHEET_STEP, MOST_SHEETS = 2.5, 9


@dataclass(frozen=True)
class DrawnLayer:
    """One layer as the drawing knows it.

    Attributes:
        path: where it is in the tree.
        title: its name.
        detail: its settings in a few words.
        group: the kind of layer, which decides on the colour.
        facts: what is said of it under the mouse.
        input_shape: of one sample; None if unknown.
        output_shape: likewise.
        error: why it cannot be built; empty if it can.
        is_left_out: whether what comes in goes on unchanged.
        is_container: whether it is drawn as a frame.
        children: the layers inside.
        ways: which of the children stands first on each way through the frame.
        goes_by: whether the input takes one more way around all children.
        around: what is done on that way, in a word; empty if nothing.
        joint: what is done where ways meet, "+" or "concat"; empty where nothing meets.
        times: how often the inside is done.
    """

    path: Path
    title: str
    detail: str = ""
    group: str = ""
    facts: str = ""
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    error: str = ""
    is_left_out: bool = False
    is_container: bool = False
    children: tuple[DrawnLayer, ...] = ()
    ways: tuple[int, ...] = (0,)
    goes_by: bool = False
    around: str = ""
    joint: str = ""
    times: int = 1


@dataclass(frozen=True)
class Box:
    """A rectangle of the drawing: a layer, a frame around layers, a place where ways meet, or one of the ends.

    ``text`` is what is written in it, ``depth`` how many frames are around it, ``error`` what is wrong there.
    """

    kind: Kind
    x: float
    y: float
    width: float
    height: float
    text: str
    layer: DrawnLayer | None = None
    depth: int = 0
    path: Path | None = None
    error: str = ""

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height

    def moved(self, x: float, y: float) -> Box:
        """The same elsewhere."""
        # dataclasses.replace takes four times as long.
        at = (self.x + x, self.y + y)
        size = (self.width, self.height)
        return Box(self.kind, *at, *size, self.text, self.layer, self.depth, self.path, self.error)


@dataclass(frozen=True)
class Wire:
    """A line with corners; ``has_head`` says whether it ends in an arrow."""

    points: tuple[Point, ...]
    has_head: bool = False
    # Whether anything is known to come along here: not behind a layer that does not fit.
    is_live: bool = True

    def moved(self, x: float, y: float) -> Wire:
        """The same elsewhere."""
        return Wire(tuple((left + x, top + y) for left, top in self.points), self.has_head, self.is_live)


@dataclass(frozen=True)
class Tensor:
    """A tensor between two boxes, drawn to scale, with its shape beside it.

    A picture is ``sheets`` of ``width`` x ``height`` behind each other, which reach ``depth`` to the right and up; a
    sequence is a sheet with a line for each step; a row is a bar.
    """

    x: float
    y: float
    width: float
    height: float
    depth: float
    sheets: int
    shape: Shape
    label: str

    def moved(self, x: float, y: float) -> Tensor:
        """The same elsewhere."""
        at, size = (self.x + x, self.y + y), (self.width, self.height)
        return Tensor(*at, *size, self.depth, self.sheets, self.shape, self.label)


@dataclass(frozen=True)
class NetworkPlan:
    """The whole drawing; frames come before what is in them."""

    boxes: tuple[Box, ...] = ()
    wires: tuple[Wire, ...] = ()
    tensors: tuple[Tensor, ...] = ()
    width: float = 0.0
    height: float = 0.0

    def box_at(self, x: float, y: float) -> Box | None:
        """The innermost box under a point; those where ways meet say nothing of their own."""
        found = [box for box in self.boxes if box.kind != "joint" and box.contains(x, y)]
        return found[-1] if found else None

    def box_of(self, path: Path) -> Box | None:
        """The box of a layer; that of the input for the empty path."""
        return next((box for box in self.boxes if box.path == path), None)


@dataclass
class _Part:
    """Something laid out around its axis, from (0, 0) where it is entered to (0, height) where it is left."""

    left: float = 0.0
    right: float = 0.0
    height: float = 0.0
    # In the order in which they are drawn; parts with the place of their axis and their top in this one.
    marks: list[Box | Wire | Tensor | tuple[_Part, float, float]] = field(default_factory=list)
    has_head: bool = False
    # Whether nothing comes along here: a branch that is left out.
    is_dead: bool = False

    def take(self, other: _Part, x: float, y: float) -> None:
        """Takes another part in, with its axis at ``x`` and its top at ``y``."""
        self.marks.append((other, x, y))
        self.left, self.right = max(self.left, other.left - x), max(self.right, other.right + x)

    def laid_out(self, x: float, y: float) -> Iterator[Box | Wire | Tensor]:
        """All that is in it, each moved once to where it is in the end."""
        for mark in self.marks:
            if isinstance(mark, tuple):
                part, left, top = mark
                yield from part.laid_out(x + left, y + top)
            else:
                yield mark.moved(x, y)


def plan_network(
    layers: Sequence[DrawnLayer], shape: Shape, measure: Measure, ends: tuple[str, str], output_error: str = ""
) -> NetworkPlan:
    """Lays out a network.

    Args:
        layers: the stack.
        shape: of its input.
        measure: how wide texts are.
        ends: what the boxes at the top and at the bottom are called.
        output_error: why what comes out is no answer; empty if it is.
    """
    return _Layout(measure, _largest_side(layers, shape)).network(layers, shape, ends, output_error)


class _Layout:
    """Lays out parts; tensors of pictures are drawn in proportion to the largest of them."""

    def __init__(self, measure: Measure, largest: int) -> None:
        self._measure = measure
        self._per_pixel = LARGEST_SIDE / largest

    def network(
        self, layers: Sequence[DrawnLayer], shape: Shape, ends: tuple[str, str], output_error: str
    ) -> NetworkPlan:
        """The stack between its two ends."""
        whole = _Part()
        first = self._end("input", ends[0])
        whole.take(first, 0, 0)
        body = self._stack(layers, 1)
        after = layers[-1].output_shape if layers else shape
        known = bool(layers) and layers[0].input_shape is not None
        # Before torch is there nothing is known but the input; that does not make the network faulty.
        y = self._gap(whole, first.height, shape if known or not layers else None, body.has_head, True)
        if layers:
            whole.take(body, 0, y)
            y = self._gap(whole, y + body.height, after, True, after is not None)
        last = self._end("answer", ends[1], output_error)
        whole.take(last, 0, y)
        marks = list(whole.laid_out(whole.left, 0))
        return NetworkPlan(
            tuple(mark for mark in marks if isinstance(mark, Box)),
            tuple(mark for mark in marks if isinstance(mark, Wire)),
            tuple(mark for mark in marks if isinstance(mark, Tensor)),
            whole.left + whole.right,
            y + last.height,
        )

    def _end(self, kind: Literal["input", "answer"], text: str, error: str = "") -> _Part:
        width = max(NARROWEST, self._measure(text, True) + 2 * PADDING)
        path = () if kind == "input" else None
        box = Box(kind, -width / 2, 0, width, SLIM, text, path=path, error=error)
        return _Part(width / 2, width / 2, SLIM, [box], has_head=True)

    def _stack(self, layers: Sequence[DrawnLayer], depth: int, has_tail: bool = False) -> _Part:
        """Layers one below the other; ``has_tail`` shows what leaves the last one, too."""
        whole, y = _Part(), 0.0
        width = self._width(layers)
        for position, layer in enumerate(layers):
            part = self._frame(layer, depth) if layer.is_container else self._leaf(layer, width, depth)
            if position:
                before = layers[position - 1]
                y = self._gap(whole, y, _changed(before), part.has_head, layer.input_shape is not None)
            else:
                whole.has_head = part.has_head
            whole.take(part, 0, y)
            y += part.height
        if has_tail and layers and _changed(layers[-1]) is not None:
            y = self._gap(whole, y, _changed(layers[-1]), False, True)
        whole.height = y
        return whole

    def _width(self, layers: Sequence[DrawnLayer]) -> float:
        """As wide as the longest text of a stack needs, so that its boxes are one column."""
        widths = [NARROWEST]
        for layer in layers:
            if not layer.is_container:
                widths += (self._measure(layer.title, True), self._measure(layer.detail, False))
        return min(WIDEST, max(widths) + 2 * PADDING)

    @staticmethod
    def _leaf(layer: DrawnLayer, width: float, depth: int) -> _Part:
        height = TALL if layer.detail else SLIM
        box = Box("layer", -width / 2, 0, width, height, layer.title, layer, depth, layer.path, layer.error)
        return _Part(width / 2, width / 2, height, [box], has_head=True)

    def _gap(self, whole: _Part, y: float, shape: Shape | None, has_head: bool, is_live: bool) -> float:
        """A wire down from ``y``, with a tensor on its way if there is one to show; returns where it ends."""
        if shape is None:
            whole.marks.append(Wire(((0, y), (0, y + SHORT_GAP)), has_head, is_live))
            return y + SHORT_GAP
        tensor = self._tensor(shape, y + ABOVE_TENSOR)
        bottom = tensor.y + tensor.height + tensor.depth
        whole.marks.append(tensor)
        whole.marks.append(Wire(((0, y), (0, tensor.y)), False, is_live))
        whole.marks.append(Wire(((0, bottom), (0, bottom + BELOW_TENSOR)), has_head, is_live))
        half = (tensor.width + tensor.depth) / 2
        whole.left = max(whole.left, half)
        whole.right = max(whole.right, half + LABEL_GAP + self._measure(tensor.label, False))
        return bottom + BELOW_TENSOR

    def _tensor(self, shape: Shape, y: float) -> Tensor:
        """A tensor whose middle, with its depth, lies on the axis."""
        sheets = 1
        if len(shape) == 3:
            width, height = (max(SMALLEST_SIDE, side * self._per_pixel) for side in (shape[2], shape[1]))
            # Channels reach from one to thousands: each doubling adds a sheet.
            sheets = min(MOST_SHEETS, 1 + round(math.log2(shape[0])))
        elif len(shape) == 2:
            width, height = 8 * math.log2(shape[1] + 1), min(LARGEST_SIDE, max(6.0, 1.5 * shape[0]))
        else:
            width, height = 8 * math.log2(math.prod(shape) + 1), 6.0
        label = " × ".join(str(size) for size in shape)
        depth = (sheets - 1) * SHEET_STEP
        return Tensor(-(width + depth) / 2, y, width, height, depth, sheets, shape, label)

    def _frame(self, layer: DrawnLayer, depth: int) -> _Part:
        """A container: its ways beside each other inside a frame."""
        starts = layer.ways if layer.children else (0,) if layer.goes_by else ()
        ends = (*starts[1:], len(layer.children)) if starts else ()
        meets = layer.goes_by or len(starts) > 1 or (bool(layer.joint) and bool(starts))
        ways = [self._stack(layer.children[a:b], depth + 1, meets) for a, b in zip(starts, ends, strict=True)]
        for start, way in zip(starts, ways, strict=True):
            way.is_dead = len(starts) > 1 and layer.children[start].is_left_out
        inside = self._meeting(layer, ways) if meets else self._through(ways)
        badge = f"× {layer.times}" if layer.times > 1 else ""
        left = max(inside.left + PADDING, self._measure(layer.title, True) + 2 * PADDING)
        right = max(inside.right + PADDING, self._measure(badge, True) + 2 * PADDING, NARROWEST / 2)
        height = inside.height + PADDING
        whole = _Part(left, right, height)
        whole.marks.append(
            Box("frame", -left, 0, left + right, height, layer.title, layer, depth, layer.path, layer.error)
        )
        whole.take(inside, 0, 0)
        whole.marks.append(Wire(((0, inside.height), (0, height)), False, layer.output_shape is not None))
        return whole

    @staticmethod
    def _through(ways: list[_Part]) -> _Part:
        """A single way, or none, from the frame's top through its title line."""
        top = TITLE_LINE + SHORT_GAP
        whole = _Part()
        way = ways[0] if ways else _Part()
        whole.marks.append(Wire(((0, 0), (0, top)), way.has_head))
        whole.take(way, 0, top)
        whole.height = top + way.height
        return whole

    def _meeting(self, layer: DrawnLayer, ways: list[_Part]) -> _Part:
        """Ways that start together below the title line and meet in a joint."""
        whole = _Part()
        total = sum(way.left + way.right for way in ways) + BETWEEN_WAYS * max(0, len(ways) - 1)
        # A single way goes straight down; several are spread around the axis.
        x = -ways[0].left if len(ways) == 1 else -total / 2
        fork, top = TITLE_LINE + 4, TITLE_LINE + 4 + SHORT_GAP
        lowest = top + max((way.height for way in ways), default=SHORT_GAP)
        width = max(JOINT, self._measure(layer.joint, False) + PADDING) if len(layer.joint) > 1 else JOINT
        middle = lowest + SHORT_GAP + JOINT / 2
        whole.marks.append(Wire(((0, 0), (0, fork))))
        for way in ways:
            axis = x + way.left
            whole.take(way, axis, top)
            down: tuple[Point, ...] = ((0, fork), (0, top)) if axis == 0 else ((0, fork), (axis, fork), (axis, top))
            whole.marks.append(Wire(down, way.has_head, not way.is_dead))
            into = self._into_joint(axis, top + way.height, middle, width)
            whole.marks.append(Wire(into, True, not way.is_dead))
            x += way.left + way.right + BETWEEN_WAYS
        if layer.goes_by:
            self._go_by(whole, layer.around, (fork, middle), width / 2)
        box = Box("joint", -width / 2, middle - JOINT / 2, width, JOINT, layer.joint, depth=0)
        whole.take(_Part(width / 2, width / 2, marks=[box]), 0, 0)
        whole.height = middle + JOINT / 2
        return whole

    def _go_by(self, whole: _Part, around: str, between: tuple[float, float], end: float) -> None:
        """The line around all ways from the fork to the side of the joint, with what is done on it."""
        fork, joint = between
        half = self._measure(around, False) / 2 + LABEL_GAP if around else 0.0
        lane = whole.right + LANE + half
        if not around:
            whole.marks.append(Wire(((0, fork), (lane, fork), (lane, joint), (end, joint)), True))
        else:
            top = (fork + joint - JOINT) / 2
            whole.marks.append(Wire(((0, fork), (lane, fork), (lane, top)), True))
            whole.marks.append(Wire(((lane, top + JOINT), (lane, joint), (end, joint)), True))
            whole.marks.append(Box("joint", lane - half, top, 2 * half, JOINT, around))
        whole.right = lane + half

    @staticmethod
    def _into_joint(axis: float, y: float, middle: float, width: float) -> tuple[Point, ...]:
        """From the end of a way to the side of the joint, or to its top."""
        if abs(axis) <= width / 2:
            return (axis, y), (axis, middle - JOINT / 2)
        return (axis, y), (axis, middle), (math.copysign(width / 2, axis), middle)


def _changed(layer: DrawnLayer) -> Shape | None:
    """What leaves a layer, if it has another shape than what came in."""
    return layer.output_shape if layer.output_shape != layer.input_shape else None


def _largest_side(layers: Sequence[DrawnLayer], shape: Shape) -> int:
    """The longest side of all pictures on the way."""
    shapes = [shape, *(each for layer in walk(layers) if (each := layer.output_shape) is not None)]
    return max((max(each[1:]) for each in shapes if len(each) == 3), default=1)


def walk(layers: Sequence[DrawnLayer]) -> Iterator[DrawnLayer]:
    """All layers of a tree, containers before what they hold."""
    for layer in layers:
        yield layer
        yield from walk(layer.children)
