"""Whatever people draw: the checker and the real network agree on shapes, parameters and cost, or both refuse."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.description import Description, describe_layer
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import Field, fields_of
from lepton_studio.engine.layer import LAYERS, Layer, Shape
from lepton_studio.engine.network import Stack, build_layer, build_stack

EXAMPLES, SLOW_EXAMPLES = 20, 1500
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

Path = tuple[int, ...]

MOST_LAYERS = 60
# What one layer of a tree that is really built may cost, and all of them together.
LAYER_PARAMETERS, LAYER_NUMBERS, LAYER_FLOPS = 60_000, 12_000, 6_000_000
TREE_PARAMETERS, TREE_MEMORY, TREE_FLOPS = 1_500_000, 4_000_000, 60_000_000

PLAIN = tuple(kind for kind in LAYERS.classes.values() if not kind.is_container)
CONTAINERS = tuple(kind for kind in LAYERS.classes.values() if kind.is_container)

pictures = st.tuples(st.integers(1, 4), st.integers(1, 20), st.integers(1, 20))
shapes = st.one_of(
    pictures, pictures, pictures, st.tuples(st.integers(1, 12), st.integers(1, 24)), st.tuples(st.integers(1, 64))
)


def numbers(field: Field, wide: bool) -> st.SearchStrategy[Any]:
    """Small numbers mostly; over the whole range of the field where ``wide``."""
    low, high = int(field.minimum or 0), int(field.maximum if field.maximum is not None else 2**31)
    near = st.integers(low, min(high, low + 7))
    return st.one_of(near, st.integers(low, high)) if wide else near


def values(field: Field, wide: bool = False) -> st.SearchStrategy[Any]:
    """What a form lets people set."""
    if field.kind == "integer":
        return st.one_of(st.just(field.default), numbers(field, wide))
    if field.kind == "number":
        return st.floats(field.minimum, field.maximum)
    if field.kind == "switch":
        return st.booleans()
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.kind == "text":
        return st.one_of(st.just(field.default), st.text(max_size=4))
    raise AssertionError(f"no strategy for {field}")


@functools.cache
def of_kind(kind: type[Layer], wide: bool = False) -> st.SearchStrategy[Layer]:
    """A layer with fields from their ranges, seldom left out."""
    fields = {field.name: values(field, wide) for field in fields_of(kind) if not field.hidden}
    off = st.sampled_from([msgspec.UNSET] * 9 + [True])
    return st.builds(kind, **fields, disabled=off)


@functools.cache
def plain_for(rank: int) -> st.SearchStrategy[Layer]:
    """Layers that take inputs with so many sides, as some of them need not be tried."""
    samples = {3: ((8, 32, 32), (1, 64, 64)), 2: ((4, 64),), 1: ((64,),)}[rank]
    kinds = [kind for kind in PLAIN if any(describe_layer(kind(), shape).output_shape for shape in samples)]
    return st.sampled_from(kinds).flatmap(of_kind)


any_plain = st.sampled_from(PLAIN).flatmap(of_kind)
any_container = st.sampled_from(CONTAINERS).flatmap(of_kind)
wild_plain = st.sampled_from(PLAIN).flatmap(lambda kind: of_kind(kind, wide=True))
wild_container = st.sampled_from(CONTAINERS).flatmap(lambda kind: of_kind(kind, wide=True))


@st.composite
def any_stack(draw: st.DrawFn, depth: int = 3) -> tuple[Layer, ...]:
    """Layers as they come, whether they fit or not."""
    layers: list[Layer] = []
    for _ in range(draw(st.integers(0, 5))):
        if depth and draw(st.integers(0, 2)) == 0:
            container = draw(wild_container)
            layers.append(container.with_children(draw(any_stack(depth - 1))))
        else:
            layers.append(draw(wild_plain))
    return tuple(layers)


def fitting_stack(draw: st.DrawFn, shape: Shape, budget: int, depth: int = 3) -> tuple[tuple[Layer, ...], Shape, int]:
    """At most ``budget`` layers that fit after each other, where their input ends, and how many they are."""
    layers: list[Layer] = []
    count = 0
    while count < budget:
        layer, size = fitting_layer(draw, shape, budget - count, depth)
        if layer is None:
            break
        layers.append(layer)
        after = describe_layer(layer, shape).output_shape
        assert after is not None
        shape, count = after, count + size
    return tuple(layers), shape, count


def fitting_layer(draw: st.DrawFn, shape: Shape, budget: int, depth: int) -> tuple[Layer | None, int]:
    """A layer that takes ``shape``, and how many it is with those inside; None to stop here."""
    for _ in range(8):
        choice = draw(st.integers(0, 24))
        if choice == 0 and depth < 3:
            return None, 0
        if choice < 6 and depth and budget > 1:
            layer, size = fitting_container(draw, shape, budget, depth)
        else:
            layer, size = draw(plain_for(len(shape))), 1
        what = describe_layer(layer, shape)
        if what.output_shape is None or not is_affordable(what):
            continue
        # A picture laid flat is none for the rest of the tree, so that happens seldom.
        if len(what.output_shape) == len(shape) or draw(st.integers(0, 9)) == 0:
            return layer, size
    return None, 0


def fitting_container(draw: st.DrawFn, shape: Shape, budget: int, depth: int) -> tuple[Layer, int]:
    """A container with layers that fit in a row or beside each other; whether it takes them shows later."""
    container = draw(any_container)
    room = min(budget - 1, draw(st.integers(1, 12)))
    if draw(st.booleans()):
        inner, _after, count = fitting_stack(draw, shape, room, depth - 1)
        return container.with_children(inner), count + 1
    branches: list[Layer] = []
    count = 0
    for _ in range(draw(st.integers(1, 3))):
        layer, size = fitting_layer(draw, shape, room - count, depth - 1) if count < room else (None, 0)
        if layer is not None:
            branches.append(layer)
            count += size
    return container.with_children(tuple(branches)), count + 1


def is_affordable(what: Description) -> bool:
    """Whether a layer fits and is small enough to be built for real many times."""
    after = what.output_shape
    return (
        after is not None
        and what.parameters <= LAYER_PARAMETERS
        and what.flops <= LAYER_FLOPS
        and what.memory <= 40 * LAYER_NUMBERS
        and _product(after) <= LAYER_NUMBERS
    )


def _product(shape: Shape) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


@st.composite
def trees(draw: st.DrawFn) -> tuple[Shape, tuple[Layer, ...]]:
    shape = draw(shapes)
    layers, _after, _count = fitting_stack(draw, shape, draw(st.integers(1, MOST_LAYERS)))
    return shape, layers


def stacks_in(module: nn.Module) -> Iterator[Stack]:
    """The nearest stacks inside a module, not those inside them."""
    for child in module.children():
        if isinstance(child, Stack):
            yield child
        else:
            yield from stacks_in(child)


def modules_by_path(stack: Stack, before: Path = ()) -> Iterator[tuple[Path, nn.Module]]:
    """Every built layer with its path in the tree; of a repeated one the first alone."""
    for place, module in enumerate(stack, start=stack.first_child):
        path = (*before, place)
        yield path, module
        for inner in (module,) if isinstance(module, Stack) else stacks_in(module):
            yield from modules_by_path(inner, path)


def note(shapes_out: dict[Path, Shape], path: Path, _module: nn.Module, _x: Any, out: Tensor) -> None:
    shapes_out[path] = tuple(out.shape[1:])


@pytest.fixture(scope="module", autouse=True)
def _plain_kernels() -> Iterator[None]:
    # The counter of torch does not see into oneDNN's recurrent layers.
    with warnings.catch_warnings(action="ignore"), torch.backends.mkldnn.flags(enabled=False):
        yield


def run(network: Stack, shape: Shape) -> tuple[dict[Path, Shape], dict[Path, int], int]:
    """What comes out of each layer, its parameters, and the operations of all."""
    shapes_out: dict[Path, Shape] = {}
    parameters: dict[Path, int] = {}
    for path, module in modules_by_path(network):
        if path in parameters:
            continue
        parameters[path] = sum(parameter.numel() for parameter in module.parameters())
        module.register_forward_hook(
            lambda _module, _x, out, path=path: shapes_out.update({path: tuple(out.shape[1:])})
        )
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        shapes_out[()] = tuple(network.eval()(torch.rand(1, *shape)).shape[1:])
    return shapes_out, parameters, counter.get_total_flops()


def left_out(layers: tuple[Layer, ...], before: Path = (), off: bool = False) -> Iterator[Path]:
    """The paths of all layers that do nothing, because they or what holds them are left out."""
    for place, layer in enumerate(layers):
        is_off = off or bool(layer.disabled)
        if is_off:
            yield (*before, place)
        yield from left_out(layer.children(), (*before, place), is_off)


def told_and_found(tree: tuple[Shape, tuple[Layer, ...]]) -> tuple[dict[str, object], dict[str, object]]:
    """What the checker says of a tree without faults, and the same of the network that is really built."""
    shape, layers = tree
    report = describe(Architecture("Random", layers), shape, 10)
    assume(report.parameters <= TREE_PARAMETERS and report.memory <= TREE_MEMORY and report.flops <= TREE_FLOPS)
    event(f"{len(report.layers) // 10 * 10} layers or more")
    torch.manual_seed(0)
    network, after = build_stack(layers, shape)
    assert isinstance(network, Stack)
    shapes_out, parameters, flops = run(network, shape)
    rows = {row.path: row for row in report.layers}
    told = {
        "faults": [row.error for row in report.layers if row.error is not None],
        "ends": (report.output_shape,) * 3,
        "shapes": {path: rows[path].output_shape for path in shapes_out if path},
        "unseen": set(),
        "parameters": {path: rows[path].parameters for path in parameters},
        "totals": (report.parameters, report.frozen, report.flops),
    }
    # Training takes another way through some layers.
    ends = (after, shapes_out.pop(()), tuple(network.train()(torch.rand(2, *shape)).shape[1:]))
    weights = list(network.parameters())
    sizes = (sum(one.numel() for one in weights), sum(one.numel() for one in weights if not one.requires_grad))
    found = {
        "faults": [],
        "ends": ends,
        "shapes": shapes_out,
        "unseen": set(rows) - set(shapes_out) - set(left_out(layers)),
        "parameters": parameters,
        "totals": (*sizes, flops),
    }
    return told, found


@settings(max_examples=EXAMPLES, suppress_health_check=UNHURRIED)
@given(trees())
def test_checker_and_network_agree_on_every_layer_of_a_tree(tree: tuple[Shape, tuple[Layer, ...]]) -> None:
    told, found = told_and_found(tree)
    assert told == found


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=SLOW_EXAMPLES, suppress_health_check=UNHURRIED)
@given(trees())
def test_checker_and_network_agree_on_every_layer_of_many_trees(tree: tuple[Shape, tuple[Layer, ...]]) -> None:
    told, found = told_and_found(tree)
    assert told == found


def really(layer: Layer, shape: Shape) -> Shape | None:
    """What comes out of the layer when it is built and used, without asking the checker first; None if nothing does."""
    try:
        module = build_layer(layer, shape).eval()
        with torch.no_grad(), warnings.catch_warnings(action="ignore"):
            after = tuple(module(torch.rand(1, *shape)).shape[1:])
    except (LeptonError, RuntimeError, ValueError, IndexError, TypeError, AssertionError):
        return None
    return None if 0 in after else after


@settings(max_examples=14 * EXAMPLES, suppress_health_check=UNHURRIED)
@given(layer=any_plain, shape=shapes)
def test_the_checker_refuses_a_layer_where_the_real_one_does(layer: Layer, shape: Shape) -> None:
    what = describe_layer(layer, shape)
    assume(what.parameters <= TREE_PARAMETERS and what.memory <= TREE_MEMORY and what.flops <= TREE_FLOPS)
    assert what.output_shape == really(layer, shape)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=10 * SLOW_EXAMPLES, suppress_health_check=UNHURRIED)
@given(layer=any_plain, shape=shapes)
def test_the_checker_refuses_many_layers_where_the_real_ones_do(layer: Layer, shape: Shape) -> None:
    what = describe_layer(layer, shape)
    assume(what.parameters <= TREE_PARAMETERS and what.memory <= TREE_MEMORY and what.flops <= TREE_FLOPS)
    assert what.output_shape == really(layer, shape)


def count(layers: tuple[Layer, ...]) -> int:
    return sum(1 + count(layer.children()) for layer in layers)


def odd_answers(layers: tuple[Layer, ...], shape: Any) -> list[object]:
    """What is wrong with what the checker says of a tree that may be faulty."""
    report = describe(Architecture("Faulty", layers), shape, 10)
    faults = [row.error for row in report.layers if row.error is not None]
    odd: list[object] = [
        error for error in report.errors if not (error.what.strip() and error.remedy.strip()) or "\n" in str(error)
    ]
    if len(report.layers) != count(layers):
        odd.append(f"{len(report.layers)} rows for {count(layers)} layers")
    if (report.output_shape is None) != bool(faults):
        odd.append((report.output_shape, faults))
    refusal = None
    try:
        # Weights without memory: some of these would not fit into any computer.
        with torch.device("meta"):
            build_stack(layers, shape)
    except LeptonError as error:
        refusal = error
    if (refusal is None) != (not faults):
        odd.append((refusal, faults))
    return odd


odd_shapes = st.one_of(shapes, st.lists(st.integers(1, 10**7), max_size=4).map(tuple))


@settings(max_examples=4 * EXAMPLES, suppress_health_check=UNHURRIED)
@given(layers=any_stack(), shape=odd_shapes)
@example(layers=(), shape=())
@example(layers=(CONTAINERS[0](),), shape=(1, 28, 28))
def test_no_tree_crashes_the_checker_and_faults_are_told_in_words(layers: tuple[Layer, ...], shape: Shape) -> None:
    assert odd_answers(layers, shape) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=2 * SLOW_EXAMPLES, suppress_health_check=UNHURRIED)
@given(layers=any_stack(), shape=odd_shapes)
def test_none_of_many_trees_crashes_the_checker(layers: tuple[Layer, ...], shape: Shape) -> None:
    assert odd_answers(layers, shape) == []


@pytest.mark.parametrize("name", LAYERS.names())
def test_every_layer_comes_up_in_the_trees(name: str) -> None:
    kind = LAYERS[name]
    assert kind in (CONTAINERS if kind.is_container else PLAIN)
    assert not [field for field in msgspec.structs.fields(kind) if field.required]
