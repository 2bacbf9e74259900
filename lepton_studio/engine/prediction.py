"""A quiet copy of a network that answers one picture at a time, away from the training."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.device import one_thread
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.interventions import Interventions, put_hooks
from lepton_studio.engine.runs import Run

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lepton_studio.engine.architecture import Architecture
    from lepton_studio.engine.attack import Attack
    from lepton_studio.engine.layer import Shape
    from lepton_studio.engine.network import Network

# So few pictures are answered with one thread of the processor.
FEW = 16


@dataclass(frozen=True, eq=False)
class Looked:
    """What a network makes of N pictures.

    Attributes:
        logits: N x classes, float32, before the softmax.
        features: N x F, float32: the numbers that go into the last linear layer; the logits where there is none.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]


class Predictor:
    """Answers pictures with the newest weights of a run, in float32 on the CPU.

    Attributes:
        class_names: what the answers are called, in the order of the probabilities.
        shape: (channels, height, width) that it takes.
        is_ink: whether drawings should be cropped and centred before they are shown to it.
        interventions: what is done to the outputs of its layers; nothing at first.
    """

    def __init__(self, run: Run) -> None:
        """Builds the network of a run and takes its weights; LeptonError if there are none yet."""
        from lepton_studio.engine.checkpoint import load_weights

        self.run = run
        self.class_names = run.record.class_names
        self.shape = run.record.input_shape
        self.is_ink = run.experiment.dataset.of_ink()
        self.version = -1
        self.interventions = Interventions()
        if not self.class_names or len(self.shape) != 3:
            raise LeptonError(f"The run '{run.id}' has not learned anything yet.", "Train it first.")
        self._network = _fast(_unfilled(run.experiment.architecture, self.shape, len(self.class_names)))
        if not self.refresh():
            self._take(load_weights(run.checkpoint))
            # No copy had been left: the first that comes is newer than the file.
            self.version = 0

    def refresh(self) -> bool:
        """Takes the weights that the loop left last; tells whether they were new."""
        version, weights = self.run.weights_version, self.run.weights
        if weights is None or version == self.version:
            return False
        self._take(weights)
        self.version = version
        return True

    def intervene(self, interventions: Interventions) -> None:
        """Does this to the layers in every answer from now on, in place of what was done; the run is left alone."""
        put_hooks(self._network, self.run.experiment.architecture, interventions)
        self.interventions = interventions

    def probabilities(self, images: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of each class for each picture.

        Args:
            images: N x C x H x W, uint8, or float32 in the same range 0..255.

        Returns:
            N x classes, float32; each row adds up to 1.
        """
        import torch

        with torch.inference_mode():
            result: NDArray[np.float32] = torch.from_numpy(self.look(images).logits).softmax(dim=1).numpy()
        return result

    def attacked(
        self, images: NDArray[np.uint8], labels: NDArray[np.int64], attack: Attack, seed: int = 0
    ) -> NDArray[np.float32]:
        """What an attack that knows this network makes of pictures, by their cross entropy.

        Args:
            images: N x C x H x W, uint8.
            labels: N, the right answers.
            attack: how the pictures are changed.
            seed: of what it draws at random; torch's own random numbers are left alone.

        Returns:
            Pictures of the same shape, float32, 0..255.
        """
        import torch
        from torch.nn import functional

        from lepton_studio.engine.private_numbers import PrivateNumbers

        pictures, right = (torch.from_numpy(np.array(values, order="C")) for values in (images, labels))
        with PrivateNumbers(seed):
            moved = attack.perturb(pictures.float(), right, self._network, functional.cross_entropy)
        result: NDArray[np.float32] = moved.numpy()
        return result

    def look(self, images: NDArray[np.uint8] | NDArray[np.float32]) -> Looked:
        """What the network makes of pictures, before it becomes probabilities.

        Args:
            images: N x C x H x W, uint8, or float32 in the same range 0..255.
        """
        import torch

        caught: list[Tensor] = []
        linear = self._last_linear()
        hook = linear.register_forward_pre_hook(lambda _module, inputs: caught.append(inputs[0])) if linear else None
        try:
            with torch.inference_mode(), one_thread() if len(images) <= FEW else nullcontext():
                logits: Tensor = self._network(torch.from_numpy(np.array(images, order="C")))
        finally:
            if hook is not None:
                hook.remove()
        features = caught[0].flatten(1) if caught else logits
        return Looked(logits.numpy(), features.numpy())

    def last_features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The numbers that go into the last linear layer, the last hidden ones.

        Args:
            images: N x C x H x W, uint8.

        Returns:
            N x F, float32.

        Raises:
            LeptonError: the network has no linear layer.
        """
        if self._last_linear() is None:
            raise LeptonError(
                "This network has no Linear layer whose input could be compared.", "Choose another network."
            )
        return self.look(images).features

    @property
    def network(self) -> Network:
        """The network itself, for those inside the engine who look into it; it must be left as it is."""
        return self._network

    def twin(self) -> Predictor:
        """Another one on the same weights, for another thread: what hooks see here does not happen there.

        The weights are shared, not copied: newer ones that are taken here are there, too.
        """
        from torch import nn

        # Parameters of their own over the same memory: autograd counts how often a tensor was written to.
        shared: dict[int, Any] = {
            id(each): nn.Parameter(each.data, requires_grad=False) for each in self._network.parameters()
        }
        shared |= {id(each): each.data for each in self._network.buffers()}
        other = copy.copy(self)
        other._network = copy.deepcopy(self._network, shared)
        return other

    def _last_linear(self) -> nn.Module | None:
        from torch import nn

        linear = [module for module in self._network.modules() if isinstance(module, nn.Linear)]
        return linear[-1] if linear else None

    def _take(self, weights: Mapping[str, Any]) -> None:
        from lepton_studio.engine.checkpoint import load_into

        load_into(self._network, dict(weights), self.run.folder)


def _unfilled(architecture: Architecture, shape: Shape, classes: int) -> Network:
    """A network on the CPU whose weights are still to come.

    Fresh weights would be drawn from the random numbers of a training under way, so each layer is made on torch's
    meta device. What shape comes out of it is tried on the CPU all the same: on the meta device torch would import
    sympy and its compiler for that, which takes almost as long as torch itself.

    Raises:
        LeptonError: a layer does not fit, or the end does not give one number for each class.
    """
    import torch
    from torch import nn

    from lepton_studio.engine.network import Network, build_layer, build_network, check_output

    ones, after = [1.0] * shape[0], shape
    modules: list[nn.Module] = []
    try:
        for layer in architecture.layers:
            with torch.device("meta"):
                module: nn.Module = build_layer(layer, after)
            _give_memory(module)
            modules.append(module.eval())
            with torch.no_grad():
                after = tuple(module(torch.zeros(1, *after)).shape[1:])
    except (RuntimeError, ValueError, IndexError, LeptonError):
        # Slower, but it says which layer does not fit and why.
        with torch.device("meta"):
            return build_network(architecture, shape, classes, ones, ones).to_empty(device="cpu").eval()
    check_output(after, classes)
    return Network(nn.Sequential(*modules), ones, ones).eval()


def _fast(network: Network) -> Network:
    """The network in the layout in which windows slide fastest over pictures: 1.1 to 3.2 times as fast.

    The more for large batches; measured with the shipped networks on batches of 1 and 256.
    """
    import torch

    from lepton_studio.engine.network import has_convolutions

    return network.to(memory_format=torch.channels_last) if has_convolutions(network) else network


def _give_memory(module: nn.Module) -> None:
    """Moves a module from the meta device to the CPU; ``to_empty`` does the same by way of sympy."""
    import torch
    from torch import nn

    for part in module.modules():
        for name, parameter in list(part.named_parameters(recurse=False)):
            setattr(part, name, nn.Parameter(torch.empty(parameter.shape, dtype=parameter.dtype)))
        for name, buffer in list(part.named_buffers(recurse=False)):
            setattr(part, name, torch.empty(buffer.shape, dtype=buffer.dtype))
