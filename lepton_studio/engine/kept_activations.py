"""Counting the memory that a step needs beside the weights."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode


class KeptActivations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered, notes what autograd keeps for the backward pass, each piece of memory once.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.saved_tensors_hooks

    Attributes:
        bytes: memory of what is kept, without that of ``known`` tensors, such as the weights.
        largest: bytes of the largest result of any operation, kept or not, but for gradients and copies of weights.
    """

    def __init__(self, known: Iterable[Tensor]) -> None:
        """Begins with nothing; ``known`` tensors are counted elsewhere."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = self.largest = 0
        known = tuple(known)
        self._known = {_place(tensor) for tensor in known}
        # A matrix may come in turned round.
        self._shapes = {shape for tensor in known for shape in (tuple(tensor.shape), tuple(tensor.shape)[::-1])}
        # Held, so that no piece of memory is given away and counted as one that was seen.
        self._seen: dict[object, Tensor] = {}
        self._hooks = saved_tensors_hooks(self._pack, lambda packed: packed)

    def __enter__(self) -> KeptActivations:
        super().__enter__()  # type: ignore[no-untyped-call]
        self._hooks.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hooks.__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        self._seen.clear()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else (out,):
            if isinstance(tensor, Tensor) and tuple(tensor.shape) not in self._shapes:
                self.largest = max(self.largest, tensor.numel() * tensor.element_size())
        return out

    def _pack(self, tensor: Tensor) -> Tensor:
        place = _place(tensor)
        if place not in self._known and place not in self._seen:
            self._seen[place] = tensor
            self.bytes += _size(tensor)
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
