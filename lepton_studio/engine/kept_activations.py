"""Counting what a step must keep in memory for its backward pass."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks


class KeptActivations:
    """While it is entered, notes every tensor that autograd keeps, each piece of memory once.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.saved_tensors_hooks

    Attributes:
        bytes: memory of what is kept, without that of ``known`` tensors, such as the weights.
        largest: bytes of the largest piece.
    """

    def __init__(self, known: Iterable[Tensor]) -> None:
        """Begins with nothing; ``known`` tensors are counted elsewhere."""
        self.bytes = self.largest = 0
        self._known = {_place(tensor) for tensor in known}
        # Held, so that no piece of memory is given away and counted as one that was seen.
        self._seen: dict[object, Tensor] = {}
        self._hooks = saved_tensors_hooks(self._pack, lambda packed: packed)

    def __enter__(self) -> KeptActivations:
        self._hooks.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hooks.__exit__(kind, error, trace)
        self._seen.clear()

    def _pack(self, tensor: Tensor) -> Tensor:
        place = _place(tensor)
        if place not in self._known and place not in self._seen:
            self._seen[place] = tensor
            size = _size(tensor)
            self.bytes += size
            self.largest = max(self.largest, size)
        # The tensor itself would hold on to the step that made it, for ever.
        return tensor.detach()


def tensor_bytes(tensors: Iterable[Tensor]) -> int:
    """Memory of some tensors in bytes, each piece of memory once."""
    return sum({_place(tensor): _size(tensor) for tensor in tensors}.values())


def _place(tensor: Tensor) -> object:
    """By what a piece of memory is known; oneDNN's layout has no address that could be asked for."""
    return id(tensor) if tensor.layout is not torch.strided else tensor.untyped_storage()._cdata


def _size(tensor: Tensor) -> int:
    if tensor.layout is not torch.strided:
        return tensor.numel() * tensor.element_size()
    return tensor.untyped_storage().nbytes()
