"""Edits of the tree of layers. Each returns a new tree; a path is a position in each stack on the way down."""

from __future__ import annotations

from collections.abc import Callable

from lepton_studio.engine.layer import Layer

Path = tuple[int, ...]
_Change = Callable[[tuple[Layer, ...], int], tuple[Layer, ...]]


def layer_at(layers: tuple[Layer, ...], path: Path) -> Layer:
    """The layer at a path; IndexError if there is none."""
    layer = layers[path[0]]
    return layer if len(path) == 1 else layer_at(layer.children(), path[1:])


def insert_layer(layers: tuple[Layer, ...], path: Path, layer: Layer) -> tuple[Layer, ...]:
    """Puts a layer where the path says; what was there moves one down."""
    return _edit(layers, path, lambda stack, at: (*stack[:at], layer, *stack[at:]))


def remove_layer(layers: tuple[Layer, ...], path: Path) -> tuple[Layer, ...]:
    """Takes a layer out, with all that it holds."""
    return _edit(layers, path, lambda stack, at: (*stack[:at], *stack[at + 1 :]))


def replace_layer(layers: tuple[Layer, ...], path: Path, layer: Layer) -> tuple[Layer, ...]:
    """Puts a layer in the place of another."""
    return _edit(layers, path, lambda stack, at: (*stack[:at], layer, *stack[at + 1 :]))


def move_layer(layers: tuple[Layer, ...], path: Path, by: int) -> tuple[tuple[Layer, ...], Path]:
    """Moves a layer up (-1) or down (+1) in its stack; returns the new tree and the new path."""
    size = len(layers) if len(path) == 1 else len(layer_at(layers, path[:-1]).children())
    target = min(max(path[-1] + by, 0), size - 1)
    layer = layer_at(layers, path)
    new_path = (*path[:-1], target)
    return insert_layer(remove_layer(layers, path), new_path, layer), new_path


def _edit(layers: tuple[Layer, ...], path: Path, change: _Change) -> tuple[Layer, ...]:
    if len(path) == 1:
        return change(layers, path[0])
    at = path[0]
    inner = _edit(layers[at].children(), path[1:], change)
    return (*layers[:at], layers[at].with_children(inner), *layers[at + 1 :])
