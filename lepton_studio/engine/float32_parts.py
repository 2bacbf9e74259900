"""Parts of a network that a processor computes faster in float32, even one that has bfloat16.

oneDNN, the library below torch, has no fast way back through grouped convolutions with few channels in a group, but for
the usual depthwise one. Measured on a core with AVX512-BF16, batch 64, forward and back: 64 depthwise windows of 3 x 3
moved by two over 14 x 14 take 24 ms in bfloat16 and 1.4 ms in float32; moved by one 1.3 and 1.8 ms. A GRU of 64 units
over 28 steps takes 9.4 and 7.6 ms, one of 256 units 57 and 96 ms. (An LSTM is always faster in bfloat16.)
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

# With fewer channels in a group, and with fewer units, bfloat16 was slower.
LEAST_CHANNELS = 4
LEAST_UNITS = 128


class Float32Conv2d(nn.Conv2d):
    """torch's convolution, in float32 whatever autocast says."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float())


class Float32GRU(nn.GRU):
    """The same for GRU."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:  # type: ignore[override]
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float(), state)


class Float32RNN(nn.RNN):
    """The same for RNN."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> Any:  # type: ignore[override]
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float(), state)


_KINDS: dict[type[nn.Module], type[nn.Module]] = {
    nn.Conv2d: Float32Conv2d,
    nn.GRU: Float32GRU,
    nn.RNN: Float32RNN,
}


def is_faster_in_float32(module: nn.Module) -> bool:
    """Whether a processor with bfloat16 learns this module faster in float32."""
    if isinstance(module, nn.Conv2d):
        if module.groups == 1 or module.in_channels // module.groups >= LEAST_CHANNELS:
            return False
        depthwise = module.in_channels == module.out_channels == module.groups
        usual = module.kernel_size == (3, 3) and module.stride == module.dilation == (1, 1)
        return not (depthwise and usual)
    return isinstance(module, nn.GRU | nn.RNN) and module.hidden_size < LEAST_UNITS


def use_float32(network: nn.Module) -> bool:
    """Lets these parts of a network compute in float32 where they stand; tells whether there are any."""
    found = [module for module in network.modules() if type(module) in _KINDS and is_faster_in_float32(module)]
    for module in found:
        # Weights, names, hooks and settings stay: it only answers by another method from here on.
        module.__class__ = _KINDS[type(module)]
    return bool(found)
