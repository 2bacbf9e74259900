"""Edits of the tree of layers. Each returns a new tree; a path is a position in each stack on the way down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer

Path = tuple[int, ...]
Tree = tuple[Layer, ...]
_Change = Callable[[Tree, int], Tree]


def layer_at(layers: Tree, path: Path) -> Layer:
    """The layer at a path; IndexError if there is none."""
    layer = layers[path[0]]
    return layer if len(path) == 1 else layer_at(layer.children(), path[1:])


def stack_at(layers: Tree, path: Path) -> Tree:
    """What the container at a path holds; for an empty path, the whole stack."""
    return layer_at(layers, path).children() if path else layers


def all_paths(layers: Tree, before: Path = ()) -> list[Path]:
    """The paths of all layers in the order of the tree, a container before what it holds."""
    found: list[Path] = []
    for position, layer in enumerate(layers):
        path = (*before, position)
        found += [path, *all_paths(layer.children(), path)]
    return found


def outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The paths in the order of the tree, without those that lie in another of them."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not (kept and path[: len(kept[-1])] == kept[-1]):
            kept.append(path)
    return tuple(kept)


def insert_layer(layers: Tree, path: Path, layer: Layer) -> Tree:
    """Puts a layer where the path says; what was there moves one down."""
    return insert_layers(layers, path, (layer,))


def insert_layers(layers: Tree, path: Path, several: Sequence[Layer]) -> Tree:
    """Puts layers where the path says, one after the other; what was there moves down."""
    return _edit(layers, path, lambda stack, at: (*stack[:at], *several, *stack[at:]))


def remove_layer(layers: Tree, path: Path) -> Tree:
    """Takes a layer out, with all that it holds."""
    return _edit(layers, path, lambda stack, at: (*stack[:at], *stack[at + 1 :]))


def remove_layers(layers: Tree, paths: Iterable[Path]) -> Tree:
    """Takes layers out, with all that they hold."""
    # From the last: the paths of those before stay what they are.
    for path in reversed(outermost(paths)):
        layers = remove_layer(layers, path)
    return layers


def replace_layer(layers: Tree, path: Path, layer: Layer) -> Tree:
    """Puts a layer in the place of another."""
    return _edit(layers, path, lambda stack, at: (*stack[:at], layer, *stack[at + 1 :]))


def duplicate_layers(layers: Tree, paths: Iterable[Path]) -> tuple[Tree, tuple[Path, ...]]:
    """Puts a copy after each run of neighbours; returns the new tree and the paths of the copies."""
    made: list[Path] = []
    for run in reversed(_runs(outermost(paths))):
        place = (*run[-1][:-1], run[-1][-1] + 1)
        layers = insert_layers(layers, place, [layer_at(layers, path) for path in run])
        made = [*_from(place, len(run)), *(_after_insertion(path, place, len(run)) for path in made)]
    return layers, tuple(sorted(made))


def move_layer(layers: Tree, path: Path, by: int) -> tuple[Tree, Path]:
    """Moves a layer up (-1) or down (+1) in its stack; returns the new tree and the new path."""
    size = len(stack_at(layers, path[:-1]))
    target = min(max(path[-1] + by, 0), size - 1)
    layer = layer_at(layers, path)
    new_path = (*path[:-1], target)
    return insert_layer(remove_layer(layers, path), new_path, layer), new_path


def shift_layers(layers: Tree, paths: Iterable[Path], by: int) -> tuple[Tree, tuple[Path, ...]]:
    """Moves layers one up (-1) or down (+1), each in its stack; those at its end stay.

    Returns:
        The new tree, and where the layers are now.
    """
    chosen = list(outermost(paths))
    # The deepest first: the paths of the stacks above stay what they are.
    for holder in sorted({path[:-1] for path in chosen}, key=len, reverse=True):
        last = len(stack_at(layers, holder)) - 1
        for path in sorted((path for path in chosen if path[:-1] == holder), reverse=by > 0):
            beside = (*holder, path[-1] + by)
            if not 0 <= beside[-1] <= last or beside in chosen:
                continue
            layers = move_layer(layers, path, by)[0]
            chosen = [_swapped(each, path, beside) for each in chosen]
    return layers, tuple(sorted(chosen))


def move_layers(layers: Tree, paths: Iterable[Path], target: Path) -> tuple[Tree, tuple[Path, ...]]:
    """Moves layers to one place, in their order.

    Args:
        layers: the tree.
        paths: of the layers.
        target: the place, as the tree is before: what lies there comes after them.

    Returns:
        The new tree, and where the layers are now.

    Raises:
        LeptonError: a container was to be put into itself.
    """
    chosen = outermost(paths)
    if any(len(target) > len(path) and target[: len(path)] == path for path in chosen):
        raise LeptonError("A layer cannot be put into itself.", "Choose a place outside of it.")
    moved = [layer_at(layers, path) for path in chosen]
    layers = insert_layers(layers, target, moved)
    gaps = [_after_insertion(path, target, len(moved)) for path in chosen]
    layers = remove_layers(layers, gaps)
    return layers, tuple(_after_removal(path, gaps) for path in _from(target, len(moved)))


def place_in(layers: Tree, paths: Iterable[Path]) -> Path | None:
    """The place at the end of the container that stands before the first of some layers; None if none does."""
    chosen = outermost(paths)
    if not chosen or chosen[0][-1] == 0:
        return None
    above = (*chosen[0][:-1], chosen[0][-1] - 1)
    layer = layer_at(layers, above)
    return (*above, len(layer.children())) if layer.is_container else None


def place_out(paths: Iterable[Path]) -> Path | None:
    """The place behind the container that the first of some layers is in; None if it is in none."""
    chosen = outermost(paths)
    return (*chosen[0][:-2], chosen[0][-2] + 1) if chosen and len(chosen[0]) > 1 else None


def with_disabled(layers: Tree, paths: Iterable[Path], disabled: bool) -> Tree:
    """Leaves layers out for now, or lets them take part again."""
    for path in outermost(paths):
        changed = msgspec.structs.replace(layer_at(layers, path), disabled=disabled or msgspec.UNSET)
        layers = replace_layer(layers, path, changed)
    return layers


def wrap_layers(layers: Tree, paths: Iterable[Path], container: Layer) -> tuple[Tree, Path]:
    """Puts neighbours into a container, in their place; returns the new tree and the path of the container.

    Raises:
        LeptonError: the layers do not stand directly after each other.
    """
    runs = _runs(outermost(paths))
    if len(runs) != 1:
        raise LeptonError(
            f"Only layers that stand directly after each other can be put into one {container.title}.",
            "Choose layers without others between them.",
        )
    (run,) = runs
    filled = container.with_children(tuple(layer_at(layers, path) for path in run))
    return insert_layer(remove_layers(layers, run), run[0], filled), run[0]


def unwrap_layer(layers: Tree, path: Path) -> tuple[Tree, tuple[Path, ...]]:
    """Puts what a container holds in its place; returns the new tree and the paths of what it held.

    Raises:
        LeptonError: the layer is no container.
    """
    container = layer_at(layers, path)
    if not container.is_container:
        raise LeptonError(f"{container.title} holds no layers.", "Choose a container.")
    children = container.children()
    return insert_layers(remove_layer(layers, path), path, children), tuple(_from(path, len(children)))


def _edit(layers: Tree, path: Path, change: _Change) -> Tree:
    if len(path) == 1:
        return change(layers, path[0])
    at = path[0]
    inner = _edit(layers[at].children(), path[1:], change)
    return (*layers[:at], layers[at].with_children(inner), *layers[at + 1 :])


def _runs(paths: Sequence[Path]) -> list[list[Path]]:
    """Sorted paths in groups of neighbours."""
    runs: list[list[Path]] = []
    for path in paths:
        if runs and path == (*runs[-1][-1][:-1], runs[-1][-1][-1] + 1):
            runs[-1].append(path)
        else:
            runs.append([path])
    return runs


def _from(place: Path, count: int) -> list[Path]:
    """The paths of ``count`` layers from a place on."""
    return [(*place[:-1], place[-1] + each) for each in range(count)]


def _after_insertion(path: Path, place: Path, count: int) -> Path:
    """Where a layer is after ``count`` others were put to a place."""
    depth = len(place) - 1
    if path[:depth] == place[:depth] and len(path) > depth and path[depth] >= place[depth]:
        return (*path[:depth], path[depth] + count, *path[depth + 1 :])
    return path


def _after_removal(path: Path, removed: Iterable[Path]) -> Path:
    """Where a layer is after others were taken out, none of which holds it."""
    gone = list(removed)
    return tuple(
        at - sum(len(each) == depth + 1 and each[:depth] == path[:depth] and each[depth] < at for each in gone)
        for depth, at in enumerate(path)
    )


def _swapped(path: Path, one: Path, other: Path) -> Path:
    """Where a layer is after two of equal depth have changed places."""
    size = len(one)
    if path[:size] == one:
        return (*other, *path[size:])
    return (*one, *path[size:]) if path[:size] == other else path


def imports_of(layers: tuple[Layer, ...]) -> frozenset[str]:
    """The packages that take seconds to import and that some layer of the tree needs."""
    return frozenset(name for path in all_paths(layers) for name in layer_at(layers, path).imports)
