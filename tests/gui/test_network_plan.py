"""Layouts of random trees: nothing lies on anything else, every layer has its box, every wire leads somewhere."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.gui.widgets.network_plan import Box, DrawnLayer, NetworkPlan, Path, Tensor, plan_network, walk

ENDS = ("Input", "Answer")
NEAR = 1e-6


def measure(text: str, is_title: bool) -> float:
    return len(text) * (7.0 if is_title else 6.0)


shapes = st.one_of(
    st.none(),
    st.tuples(st.integers(1, 512), st.integers(1, 64), st.integers(1, 64)),
    st.tuples(st.integers(1, 60), st.integers(1, 300)),
    st.tuples(st.integers(1, 5000)),
)


@st.composite
def trees(draw: st.DrawFn, path: Path = (), depth: int = 0) -> tuple[DrawnLayer, ...]:
    count = draw(st.integers(0, 4 if depth else 6))
    return tuple(draw(layers((*path, at), depth)) for at in range(count))


@st.composite
def layers(draw: st.DrawFn, path: Path, depth: int) -> DrawnLayer:
    before, after = draw(shapes), draw(shapes)
    title, detail = draw(st.text("abc ", max_size=30)), draw(st.text("abc ", max_size=40))
    if depth == 3 or draw(st.integers(0, 2)):
        return DrawnLayer(path, title, detail, input_shape=before, output_shape=after)
    children = draw(trees(path, depth + 1))
    kind = draw(st.sampled_from(["stack", "residual", "skip", "branches", "projection", "two"]))
    ways: tuple[int, ...] = (0,)
    if kind == "branches":
        ways = tuple(range(len(children)))
    elif kind == "two" and len(children) > 2:
        ways = (0, 2)
    return DrawnLayer(
        path,
        title,
        input_shape=before,
        output_shape=after,
        is_container=True,
        is_left_out=draw(st.booleans()),
        children=children,
        ways=ways,
        goes_by=kind in ("residual", "skip", "projection"),
        around="projection" if kind == "projection" else "",
        joint={"residual": "+", "skip": "concat", "branches": "concat", "projection": "+"}.get(kind, ""),
        times=draw(st.sampled_from([1, 3])),
    )


def overlap(one: Box | Tensor, two: Box | Tensor) -> bool:
    def height(each: Box | Tensor) -> float:
        return each.height + (each.depth if isinstance(each, Tensor) else 0)

    def width(each: Box | Tensor) -> float:
        return each.width + (each.depth + 8 + measure(each.label, False) if isinstance(each, Tensor) else 0)

    across = min(one.x + width(one), two.x + width(two)) - max(one.x, two.x)
    down = min(one.y + height(one), two.y + height(two)) - max(one.y, two.y)
    return across > NEAR and down > NEAR


def solid(plan: NetworkPlan) -> list[Box | Tensor]:
    return [*(box for box in plan.boxes if box.kind != "frame"), *plan.tensors]


@given(trees())
def test_every_layer_has_one_box_and_what_it_holds_lies_in_it(tree: tuple[DrawnLayer, ...]) -> None:
    plan = plan_network(tree, (1, 28, 28), measure, ENDS)
    paths = [box.path for box in plan.boxes if box.path]
    assert sorted(paths) == sorted(layer.path for layer in walk(tree))
    for layer in walk(tree):
        outer = plan.box_of(layer.path)
        assert outer is not None
        for child in layer.children:
            inner = plan.box_of(child.path)
            assert inner is not None
            assert outer.x < inner.x
            assert inner.x + inner.width < outer.x + outer.width
            assert outer.y < inner.y
            assert inner.y + inner.height < outer.y + outer.height


@given(trees())
def test_nothing_lies_on_anything_else_or_outside_of_the_drawing(tree: tuple[DrawnLayer, ...]) -> None:
    plan = plan_network(tree, (3, 32, 32), measure, ENDS)
    things = solid(plan)
    for at, one in enumerate(things):
        assert [two for two in things[at + 1 :] if overlap(one, two)] == []
    for box in plan.boxes:
        assert box.x >= -NEAR
        assert box.x + box.width <= plan.width + NEAR
        assert box.y >= -NEAR
        assert box.y + box.height <= plan.height + NEAR
    frames = [box for box in plan.boxes if box.kind == "frame"]
    for at, one_frame in enumerate(frames):
        for two_frame in frames[at + 1 :]:
            assert one_frame.path is not None
            assert two_frame.path is not None
            is_inside = two_frame.path[: len(one_frame.path)] == one_frame.path
            assert is_inside or not overlap(one_frame, two_frame)


@given(trees())
def test_from_the_input_wires_lead_to_every_layer_and_to_the_answer(tree: tuple[DrawnLayer, ...]) -> None:
    plan = plan_network(tree, (1, 28, 28), measure, ENDS)
    # What touches each other is one group; a wire touches with its corners.
    things: list[Box | Tensor] = [box for box in plan.boxes if box.kind != "frame"] + list(plan.tensors)
    reached = {id(next(box for box in plan.boxes if box.kind == "input"))}
    points = {(round(x, 4), round(y, 4)) for box in plan.boxes if box.kind == "input" for x, y in [_bottom(box)]}
    wires = list(plan.wires)
    grown = True
    while grown:
        grown = False
        for wire in [wire for wire in wires if _touches(wire.points[0], points)]:
            wires.remove(wire)
            points |= {(round(x, 4), round(y, 4)) for x, y in wire.points}
            grown = True
        for thing in things:
            if id(thing) not in reached and any(_on_edge(point, thing) for point in points):
                reached.add(id(thing))
                points.add(tuple(round(part, 4) for part in _bottom(thing)))  # type: ignore[arg-type]
                grown = True
    assert wires == []
    assert [thing for thing in things if id(thing) not in reached] == []


def _bottom(thing: Box | Tensor) -> tuple[float, float]:
    """Where what leaves a box begins: the middle of its lower edge."""
    depth = thing.depth if isinstance(thing, Tensor) else 0.0
    return thing.x + (thing.width + depth) / 2, thing.y + thing.height + depth


def _touches(point: tuple[float, float], points: set[tuple[float, float]]) -> bool:
    return any(abs(point[0] - x) < 0.001 and abs(point[1] - y) < 0.001 for x, y in points)


def _on_edge(point: tuple[float, float], thing: Box | Tensor) -> bool:
    x, y = point
    depth = thing.depth if isinstance(thing, Tensor) else 0.0
    inside_x = thing.x - 0.001 <= x <= thing.x + thing.width + depth + 0.001
    if inside_x and abs(y - thing.y) < 0.001:
        return True
    middle = thing.y + thing.height / 2
    return abs(y - middle) < 0.001 and min(abs(x - thing.x), abs(x - thing.x - thing.width)) < 0.001


def row(at: int, before: tuple[int, ...], after: tuple[int, ...]) -> DrawnLayer:
    return DrawnLayer((at,), f"Layer {at}", input_shape=before, output_shape=after)


def test_tensors_are_drawn_to_scale_where_the_shape_changes() -> None:
    tree = (row(0, (1, 28, 28), (8, 14, 28)), row(1, (8, 14, 28), (8, 14, 28)), row(2, (8, 14, 28), (10,)))
    plan = plan_network(tree, (1, 28, 28), measure, ENDS)
    assert [tensor.label for tensor in plan.tensors] == ["1 × 28 × 28", "8 × 14 × 28", "10"]
    first, second, _ = plan.tensors
    assert first.width == first.height == second.width == pytest.approx(2 * second.height)
    assert second.depth > first.depth == 0


def test_what_is_behind_a_fault_is_not_live() -> None:
    faulty = DrawnLayer((0,), "Conv", input_shape=(1, 28, 28), error="It does not fit.")
    plan = plan_network((faulty, DrawnLayer((1,), "ReLU")), (1, 28, 28), measure, ENDS, "No answer.")
    assert [wire.is_live for wire in plan.wires] == [True, True, False, False]
    assert [box.error for box in plan.boxes] == ["", "It does not fit.", "", "No answer."]


def test_the_innermost_box_is_found_and_none_beside_them() -> None:
    inner = DrawnLayer((0, 0), "Inner")
    tree = (DrawnLayer((0,), "Outer", is_container=True, children=(inner,)),)
    plan = plan_network(tree, (1, 8, 8), measure, ENDS)
    box, frame = plan.box_of((0, 0)), plan.box_of((0,))
    assert box is not None
    assert frame is not None
    assert plan.box_at(box.x + 1, box.y + 1) == box
    assert plan.box_at(frame.x + 1, frame.y + 1) == frame
    assert plan.box_at(-5, -5) is None


def test_frames_come_before_what_is_in_them() -> None:
    inner = DrawnLayer((0, 0), "Inner", is_container=True, children=(DrawnLayer((0, 0, 0), "Leaf"),))
    plan = plan_network((DrawnLayer((0,), "Outer", is_container=True, children=(inner,)),), (1, 8, 8), measure, ENDS)
    order = [box.path for box in plan.boxes if box.path]
    assert all(len(one) < len(two) for one, two in pairwise(order))


def test_nothing_comes_along_a_branch_that_is_left_out() -> None:
    shape = (4, 8, 8)
    branches = tuple(
        DrawnLayer((0, at), title, input_shape=shape, output_shape=shape, is_left_out=title == "ReLU")
        for at, title in enumerate(("Tanh", "ReLU"))
    )
    parallel = DrawnLayer(
        (0,), "Parallel", input_shape=shape, output_shape=shape, is_container=True, children=branches, ways=(0, 1),
        joint="+",
    )  # fmt: skip
    plan = plan_network([parallel], shape, measure, ENDS)
    box = plan.box_of((0, 1))
    assert box is not None
    dead = [wire for wire in plan.wires if not wire.is_live]
    # Into it, and out of it to the joint.
    assert len(dead) == 2
    for wire in dead:
        assert any(abs(x - (box.x + box.width / 2)) < NEAR for x, _y in wire.points)
