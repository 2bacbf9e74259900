"""Guided backpropagation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from lepton_studio.engine.explainer import Explainer, Heat, meaningless, one_picture, slopes, sum_of_channels

if TYPE_CHECKING:
    from torch import Tensor, nn


class GuidedBackprop(Explainer, frozen=True, tag="guided_backprop"):
    """A gradient that drops, at each ReLU on its way back, all that speaks against the answer; sharp, but flattering.

    In logits for each grey level; the channels are added up. Springenberg et al. 2014, https://arxiv.org/abs/1412.6806

    It looks much the same for a network that has learned nothing, so it tells more of the picture than of the
    network: Adebayo et al. 2018, https://arxiv.org/abs/1810.03292
    """

    title: ClassVar[str] = "Guided backpropagation"
    is_signed: ClassVar[bool] = True
    how_to_read: ClassVar[str] = (
        "Orange: more ink here would help, blue: less would. Beware: an untrained network gives almost the same map."
    )

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        from torch import nn

        bends = [part for part in network.modules() if isinstance(part, nn.ReLU)]
        if not bends:
            raise meaningless(self.title, "it has no ReLU")

        def guide(_module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor]:
            # A copy: the hook must stand before a ReLU that works in place.
            before = given[0].clone()
            if before.requires_grad:
                before.register_hook(lambda slope: slope.clamp(min=0))  # type: ignore[no-untyped-call]
            return (before,)

        hooks = [bend.register_forward_pre_hook(guide) for bend in bends]
        try:
            slope = slopes(network, one_picture(picture), target, against)
        finally:
            for hook in hooks:
                hook.remove()
        yield sum_of_channels(slope[0])
