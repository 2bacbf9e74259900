"""What every layer of a network that is already built makes of one picture, from a single forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.device import one_thread
from lepton_studio.engine.walk_through import LayerOutput, Path, layer_output, modules_inside

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lepton_studio.engine.architecture import Architecture
    from lepton_studio.engine.network import Network
    from lepton_studio.engine.prediction import Predictor


def activations_of(predictor: Predictor, picture: NDArray[np.uint8]) -> tuple[LayerOutput, ...]:
    """What each layer makes of a picture, containers before what they hold, in the order of the architecture.

    What is done to the network (see ``Predictor.intervene``) is in it. Of a layer that is used several times, the first
    time counts.

    Args:
        predictor: whose network.
        picture: C x H x W, uint8.
    """
    import torch

    modules = layer_modules(predictor.network, predictor.run.experiment.architecture)
    found: dict[Path, LayerOutput] = {}

    def noting(place: Path) -> Any:
        # A copy is taken at once, because a layer behind may work in place.
        return lambda _module, _given, out: None if place in found else found.update({place: layer_output(place, out)})

    hooks = [module.register_forward_hook(noting(place)) for place, module in modules.items()]
    try:
        with torch.inference_mode(), one_thread():
            forward_in_order(predictor.network, torch.from_numpy(np.array(picture, order="C"))[None])
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(found[place] for place in modules if place in found)


def layer_modules(network: Network, architecture: Architecture) -> dict[Path, nn.Module]:
    """The module of each layer by its place in the tree, containers before what they hold.

    Of a stack that is built several times, as by Repeat, the first.
    """
    found: dict[Path, nn.Module] = {}
    for at, (layer, module) in enumerate(zip(architecture.layers, network.layers, strict=True)):
        found[at,] = module
        found.update(sorted(modules_inside(layer, module, (at,)), key=lambda each: each[0]))
    return found


def forward_in_order(network: Network, pictures: Tensor) -> Tensor:
    """The same logits, layer by layer as the architecture has them, not as they are the fastest.

    Args:
        network: the network.
        pictures: N x C x H x W, uint8 or float in the same range.
    """
    logits: Tensor = network.layers((pictures.float() - network.mean) / network.std)
    return logits


def kernels_of(predictor: Predictor, path: Path) -> NDArray[np.float32] | None:
    """The weights of a convolution, outputs x inputs of a group x h x w; None for any other layer."""
    from torch import nn

    module = layer_modules(predictor.network, predictor.run.experiment.architecture).get(path)
    return np.array(module.weight.detach().numpy()) if isinstance(module, nn.Conv2d) else None
