"""Grad-CAM: where the last convolution found what speaks for the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from numpy.typing import NDArray

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.explainer import Explainer, Heat, meaningless, one_picture, score_of
from lepton_studio.engine.fields import about

if TYPE_CHECKING:
    from torch import Tensor, nn


class GradCam(Explainer, frozen=True, tag="grad_cam"):
    """Looks at the feature maps of the last convolution and adds up those that speak for the answer.

    ``relu(sum of weight x map)``, where the weight of a map is the mean of ``d score / d map``; the sum is enlarged to
    the picture (bilinear). Selvaraju et al. 2016, https://arxiv.org/abs/1610.02391
    """

    title: ClassVar[str] = "Grad-CAM"
    how_to_read: ClassVar[str] = (
        "Strong colour: here the convolution found a pattern that speaks for the answer. It is blurred, because its "
        "maps are smaller than the picture."
    )

    layer: Annotated[
        str,
        about(
            "The convolution to look at, by its place in the network as code counts it (0, 3, 5.body.0); empty: the "
            "last one."
        ),
    ] = ""

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        import torch
        from torch.nn import functional

        pictures = one_picture(picture)
        with torch.enable_grad():
            # Weights without gradients would leave none for the maps either.
            logits, maps = _answer_and_maps(network, pictures.requires_grad_(), self._places(network))
            if maps is None:
                raise meaningless(self.title, "no convolution of it gives a map of more than one pixel")
            score = score_of(logits, target, against).sum()
            (slope,) = torch.autograd.grad(score, maps, materialize_grads=True)
        weights = slope.mean(dim=(2, 3), keepdim=True)
        cam = functional.relu((weights * maps.detach()).sum(dim=1, keepdim=True))
        large = functional.interpolate(cam, size=picture.shape[1:], mode="bilinear", align_corners=False)
        result: Heat = large[0, 0].numpy()
        yield result

    def _places(self, network: nn.Module) -> list[nn.Module]:
        known = convolutions(network)
        if not known:
            raise meaningless(self.title, "it has no convolution")
        if not self.layer:
            return list(known.values())
        if self.layer not in known:
            raise LeptonError(
                f"There is no convolution '{self.layer}' in this network.", f"Choose one of {', '.join(known)}."
            )
        return [known[self.layer]]


def convolutions(network: nn.Module) -> dict[str, nn.Module]:
    """The convolutions of a network that give maps of the picture, by their place below its ``layers``.

    The squares that a transformer cuts a picture into are no such maps: what is behind them does not treat them alike.
    """
    from torch import nn

    from lepton_studio.engine.modules.sequences import Patches

    inside = network.get_submodule("layers")
    within = {id(part) for patches in inside.modules() if isinstance(patches, Patches) for part in patches.modules()}
    return {
        name: module
        for name, module in inside.named_modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and id(module) not in within
    }


def _answer_and_maps(network: nn.Module, pictures: Tensor, places: list[nn.Module]) -> tuple[Tensor, Tensor | None]:
    """The logits, and the maps of that of the modules which is asked last; a way around may stand behind in code."""
    caught: list[Tensor] = []

    def catch(_module: nn.Module, _given: object, maps: Tensor) -> Tensor | None:
        if maps.ndim != 4 or maps.shape[2] * maps.shape[3] < 2:
            # Weights for channels (squeeze and excitation) come from convolutions, too.
            return None
        caught[:] = [maps]
        # A copy goes on: what follows may work in place.
        return maps.clone()

    hooks = [place.register_forward_hook(catch) for place in places]
    try:
        logits: Tensor = network(pictures)
    finally:
        for hook in hooks:
            hook.remove()
    return logits, caught[0] if caught else None
