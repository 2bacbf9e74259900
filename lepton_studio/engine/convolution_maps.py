"""The maps that the convolutions of a network hand on, for those who explain answers by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.explainer import Heat, meaningless, score_of
from lepton_studio.engine.fields import about

if TYPE_CHECKING:
    from torch import Tensor, nn

Layer = Annotated[
    str,
    about(
        "The layer whose maps are looked at, by its place in the network as code counts it (4, 5.body.1); empty: what "
        "the last convolution hands on."
    ),
]


def maps_and_slopes(
    network: nn.Module, pictures: Tensor, layer: str, title: str, *, target: int, against: int | None
) -> tuple[Tensor, Tensor]:
    """What a layer hands on, and how fast the score of an answer grows with it; both N x C x h x w.

    Args:
        network: which answers in the order of its architecture.
        pictures: N x C x H x W, float32.
        layer: its place below the network's ``layers``; empty: that which hands on the maps of the last convolution.
        title: what the explainer is called.
        target: the class whose score is explained.
        against: the class it is compared with; None: with no other.

    Raises:
        LeptonError: there is no such layer, or it gives no maps.
    """
    import torch

    place = _place(network, pictures, layer, title)
    with torch.enable_grad():
        # Weights without gradients would leave none for the maps either.
        logits, maps = _answer_and_maps(network, pictures.detach().requires_grad_(), place)
        if maps.ndim != 4:
            raise LeptonError(f"Layer '{layer}' gives no maps.", "Choose a convolution, or what follows one.")
        score = score_of(logits, target, against).sum()
        (slope,) = torch.autograd.grad(score, maps, materialize_grads=True)
    return maps.detach(), slope.detach()


def map_places(network: nn.Module, pictures: Tensor) -> list[str]:
    """For each convolution, in the order of the work, the place of the layer that hands its maps on.

    That is the last one behind it before the maps change their size or go into the next convolution. The squares that
    a transformer cuts a picture into are no such maps: what is behind them does not treat them alike.

    Args:
        network: whose layers are looked at.
        pictures: N x C x H x W, of the size that it takes.
    """
    import torch
    from torch import Tensor, nn

    from lepton_studio.engine.modules.sequences import Patches

    inside = network.get_submodule("layers")
    within = {id(part) for patches in inside.modules() if isinstance(patches, Patches) for part in patches.modules()}
    passed: list[tuple[str, bool, tuple[int, ...]]] = []

    def note(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def passing(module: nn.Module, _given: Any, out: Any) -> None:
            # Maps of one pixel weigh channels (squeeze and excitation), or are no maps any more.
            if isinstance(out, Tensor) and out.ndim == 4 and out.shape[2] * out.shape[3] > 1:
                is_convolution = isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and id(module) not in within
                passed.append((name, is_convolution, tuple(out.shape[2:])))

        return passing

    hooks = [part.register_forward_hook(note(name)) for name, part in inside.named_modules() if name]
    try:
        with torch.inference_mode():
            _in_order(network, pictures)
    finally:
        for hook in hooks:
            hook.remove()
    return _behind_convolutions(passed)


def enlarged(maps: Tensor, shape: tuple[int, ...]) -> Heat:
    """One map (1 x 1 x h x w) as large as a picture (C x H x W): H x W, bilinear."""
    from torch.nn import functional

    large = functional.interpolate(maps, size=shape[1:], mode="bilinear", align_corners=False)
    result: Heat = large[0, 0].numpy()
    return result


def _place(network: nn.Module, pictures: Tensor, layer: str, title: str) -> nn.Module:
    inside = network.get_submodule("layers")
    if not layer:
        places = map_places(network, pictures)
        if not places:
            raise meaningless(title, "it has no convolution with maps of more than one pixel")
        return inside.get_submodule(places[-1])
    try:
        return inside.get_submodule(layer)
    except AttributeError as error:
        known = ", ".join(map_places(network, pictures))
        raise LeptonError(f"There is no layer '{layer}' in this network.", f"Known are: {known}.") from error


def _behind_convolutions(passed: list[tuple[str, bool, tuple[int, ...]]]) -> list[str]:
    """Of all modules that gave maps (place, whether a convolution, size), those that hand on what one found."""
    places: list[str] = []
    size: tuple[int, ...] = ()
    for name, is_convolution, shape in passed:
        if is_convolution:
            places.append(name)
            size = shape
        elif places and shape == size:
            places[-1] = name
        else:
            size = ()
    # One that is used again hands its maps on twice.
    return list(dict.fromkeys(places))


def _answer_and_maps(network: nn.Module, pictures: Tensor, place: nn.Module) -> tuple[Tensor, Tensor]:
    """The logits, and what a module handed on the last time that it was asked."""
    caught: list[Tensor] = []

    def catch(_module: nn.Module, _given: object, maps: Tensor) -> Tensor:
        caught[:] = [maps]
        # A copy goes on: what follows may work in place.
        return maps.clone()

    hook = place.register_forward_hook(catch)
    try:
        logits = _in_order(network, pictures)
    finally:
        hook.remove()
    return logits, caught[0]


def _in_order(network: nn.Module, pictures: Tensor) -> Tensor:
    """The logits, by the layers in the order of the architecture; a network pools before ReLU where it can."""
    from lepton_studio.engine.network import Network

    if isinstance(network, Network):
        pictures = (pictures - network.mean) / network.std
        for layer in network.layers:
            pictures = layer(pictures)
        return pictures
    logits: Tensor = network(pictures)
    return logits
