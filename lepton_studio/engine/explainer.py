"""What an explainer is: it looks for the pixels of a picture that an answer hangs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.registry import Registry, Spec

if TYPE_CHECKING:
    from torch import Tensor, nn
else:
    Tensor = Any

# From black to white, in the units of the pictures.
WHITE = 255.0
# So many numbers of pictures go through the network between two places to stop: 16 pictures of 28 x 28.
NUMBERS_AT_ONCE = 16 * 28 * 28

Heat = NDArray[np.float32]


class Explainer(Spec, frozen=True):
    """Tells how much each pixel of a picture has to do with an answer.

    It asks for the *score* of a class: its logit, before the softmax. With a second class to compare with ("why a seven
    and not a two?") it asks for the difference of the two logits.

    Attributes:
        is_signed: whether a map says of each pixel if it speaks for the answer (above zero) or against it (below).
        is_one_pass: whether the network is asked once, forwards and backwards, so that the map can follow a pen.
        how_to_read: one sentence for learners.
    """

    is_signed: ClassVar[bool] = False
    is_one_pass: ClassVar[bool] = True
    how_to_read: ClassVar[str] = ""

    def in_steps(
        self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None
    ) -> Iterator[Heat | None]:
        """Explains, with places to stop: yields None at each, and the map last.

        The network answers as in use (eval) and in float32; neither its weights nor their gradients nor torch's own
        random numbers are touched.

        Args:
            network: gives logits (N x classes) for pictures as they lie in a dataset; normalising is its own affair.
            picture: C x H x W, uint8, or float32 in the same range 0..255.
            target: the class whose score is explained.
            against: the class it is compared with; None: with no other.

        Returns:
            H x W, float32; the units are told by each explainer.

        Raises:
            LeptonError: the method has no meaning for this network; the message says what to do.
        """
        raise NotImplementedError

    def explain(self, network: nn.Module, picture: NDArray[Any], target: int, against: int | None = None) -> Heat:
        """The map, all at once (see :meth:`in_steps`)."""
        *_, heat = self.in_steps(network, picture, target, against)
        assert heat is not None
        return heat


def one_picture(picture: NDArray[Any]) -> Tensor:
    """A picture (C x H x W) as a batch of one: 1 x C x H x W, float32, 0..255."""
    import torch

    return torch.from_numpy(np.array(picture, np.float32, order="C"))[None]


def score_of(logits: Tensor, target: int, against: int | None) -> Tensor:
    """What is explained, for each of N pictures: the logit of a class, or by how much it is above that of another."""
    score = logits[:, target]
    return score if against is None else score - logits[:, against]


def slopes(answer: Callable[[Tensor], Tensor], pictures: Tensor, target: int, against: int | None) -> Tensor:
    """How fast the score of each picture grows with each of its pixels: the gradient, N x C x H x W.

    Args:
        answer: gives the logits (N x classes) for pictures.
        pictures: N x C x H x W, float32.
        target: the class.
        against: the class it is compared with.
    """
    import torch

    with torch.enable_grad():
        pictures = pictures.detach().requires_grad_()
        score = score_of(answer(pictures), target, against)
        # By the pictures alone: the gradients of the weights are neither computed nor left behind.
        (slope,) = torch.autograd.grad(score.sum(), pictures, materialize_grads=True)
    return slope.detach()


def chunks(pictures: Tensor) -> Iterator[Tensor]:
    """Pictures in parts that are small enough to wait for."""
    size = max(1, NUMBERS_AT_ONCE // max(1, pictures[0].numel()))
    for first in range(0, len(pictures), size):
        yield pictures[first : first + size]


def largest_of_channels(values: Tensor) -> Heat:
    """The absolute value of each pixel, of several channels the largest: C x H x W becomes H x W."""
    result: Heat = values.abs().amax(dim=0).numpy()
    return result


def sum_of_channels(values: Tensor) -> Heat:
    """What all channels of each pixel say together: C x H x W becomes H x W."""
    result: Heat = values.sum(dim=0).numpy()
    return result


def meaningless(title: str, why: str) -> LeptonError:
    """The error that says that a method has no meaning for a network."""
    return LeptonError(f"{title} says nothing of this network: {why}.", "Choose Saliency or Occlusion instead.")


EXPLAINERS: Registry[Explainer] = Registry(Explainer, "explainer", "lepton_studio.engine.explainers")
