"""Built layers as nested calls with comments for learners."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from lepton_studio.engine.code_layout import Call, Item, Path
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer, Shape
from lepton_studio.engine.module_calls import call_of, is_of_torch
from lepton_studio.engine.network import Stack
from lepton_studio.engine.source_copy import NotCopiedError, SourceCopier


class ModuleWriter:
    """Writes a built stack, and collects the source of what torch does not have.

    Attributes:
        copier: that source.
        item: the call that makes the stack.
    """

    def __init__(self, stack: nn.Sequential, shape: Shape, layers: tuple[Layer, ...], taken: frozenset[str]) -> None:
        """Writes ``stack``, which was built on the meta device of ``layers`` for inputs of ``shape``."""
        self.copier = SourceCopier(taken)
        self._explained: set[type[Layer]] = set()
        self._shapes = _shapes(stack, shape)
        # The layers that may stand in the stacks of the container that is being written, and its path.
        self._inside: tuple[Path, tuple[Layer, ...]] = ((), layers)
        self.item = Item(self._write(stack))

    def _write(self, module: nn.Module) -> Call:
        if isinstance(module, Stack):
            path, layers = self._inside
            first = module.first_child
            return Call(
                "nn.Sequential",
                tuple(
                    self._layer(each, layers[first + place], (*path, first + place))
                    for place, each in enumerate(module)
                ),
            )
        if type(module) is nn.Sequential:
            return Call("nn.Sequential", tuple(Item(self._write(each), remark=self._said(each)) for each in module))
        if type(module) is nn.ModuleList:
            parts = Call("", tuple(Item(self._write(each)) for each in module), "[]")
            return Call("nn.ModuleList", (Item(parts),))
        if not is_of_torch(module):
            try:
                self.copier.copy_class(type(module))
            except NotCopiedError as error:
                raise LeptonError(
                    f"The layer {type(module).__name__} cannot be written as code: {error.what}", error.remedy
                ) from error
        return call_of(module, self._write)

    def _layer(self, module: nn.Module, layer: Layer, path: Path) -> Item:
        if layer.disabled:
            return Item(self._write(module), remark=f"left out: {layer.title}", path=path)
        above = () if type(layer) in self._explained else (type(layer).summary(),)
        self._explained.add(type(layer))
        outer = self._inside
        self._inside = (path, layer.children())
        try:
            code = self._write(module)
        finally:
            self._inside = outer
        return Item(code, remark=self._said(module), above=tuple(filter(None, above)), path=path)

    def _said(self, module: nn.Module) -> str:
        shape = self._shapes.get(module)
        # Plain figures, as they stand in the calls beside them.
        return "" if shape is None else " × ".join(map(str, shape))


def _shapes(stack: nn.Module, shape: Shape) -> dict[nn.Module, Shape | None]:
    """What comes out of each part for one sample; None for what is used in different ways, or gives several things."""
    found: dict[nn.Module, Shape | None] = {}

    def note(module: nn.Module, _given: object, made: object) -> None:
        after = tuple(made.shape[1:]) if isinstance(made, Tensor) else None
        found[module] = after if found.get(module, after) == after else None

    hooks = [module.register_forward_hook(note) for module in stack.modules()]
    try:
        # eval, because batch norm refuses a single sample while training.
        with torch.no_grad():
            stack.eval()(torch.empty((1, *shape), device="meta"))
    finally:
        stack.train()
        _remove(hooks)
    return found


def _remove(hooks: Iterable[torch.utils.hooks.RemovableHandle]) -> None:
    for hook in hooks:
        hook.remove()
