"""A network that learned on photos, as one card: transfer learning."""

from typing import Annotated, ClassVar, Literal

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.fields import about
from lepton_studio.engine.known_weights import KNOWN_WEIGHTS
from lepton_studio.engine.layer import Layer, Module, Shape, require_picture


class Pretrained(Layer, frozen=True, tag="pretrained"):
    """A well-known network that learned to see on a million photos; what it sees in a picture goes on as a row.

    ``y = f(x)`` without the last layer of f: put a Linear layer behind it, the new head. Pictures come with mean 0 and
    spread 1, as photos did when it learned; grey ones as red, green and blue alike.
    Yosinski et al. 2014, https://arxiv.org/abs/1411.1792
    """

    title: ClassVar[str] = "Pretrained network"
    group: ClassVar[str] = "Pretrained"
    sees_everything: ClassVar[bool] = True
    is_network: ClassVar[bool] = True
    imports: ClassVar[tuple[str, ...]] = ("torchvision",)

    network: Annotated[
        Literal[
            "resnet18", "resnet34", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
            "shufflenet_v2_x1_0", "squeezenet1_1", "efficientnet_b0", "convnext_tiny", "swin_t", "vit_b_16",
            "vgg11_bn", "alexnet",
        ],
        about("Which network; ResNet-18 is a good first choice, the MobileNets are the fastest."),
    ] = "resnet18"  # fmt: skip
    weights: Annotated[
        Literal["imagenet", "random", "file"],
        about("Where a training begins: with what it learned on photos (ImageNet), with nothing, or with your file."),
    ] = "imagenet"
    file: Annotated[str, about("A .pth or .safetensors file with weights of this network, if they come from one.")] = ""
    freeze: Annotated[bool, about("Keep it as it is, so that only the layers around it learn: fast, and enough.")] = (
        True
    )
    size: Annotated[
        int,
        about(
            "Pictures are brought to this side first. It learned on 224: nearer to that is better and slower.",
            unit="px",
            low=0,
            high=512,
            zero="as it is",
        ),
    ] = 64

    def build(self, shape: Shape) -> Module:
        require_picture(self.title, shape)
        self._check(shape)
        try:
            import torchvision  # noqa: F401
        except (ImportError, OSError, RuntimeError, AttributeError) as error:
            raise _without_torchvision(error) from error
        from lepton_studio.engine.modules.known_networks import KnownNetwork

        module = KnownNetwork(self.network, self.size, self.freeze)
        module.origin = self
        return module

    def _check(self, shape: Shape) -> None:
        if shape[0] not in (1, 3):
            raise LeptonError(
                f"{self.title} takes pictures with 1 or 3 channels, but these have {shape[0]}.",
                "Put it first, or a Conv 2d layer with 3 channels before it.",
            )
        known = KNOWN_WEIGHTS[self.network]
        height, width = (self.size, self.size) if self.size else shape[1:]
        if known.only and (height, width) != (known.smallest, known.smallest):
            raise LeptonError(
                f"{self.network} takes pictures of {known.smallest} × {known.smallest} only, not {height} × {width}.",
                f"Set the size to {known.smallest}.",
            )
        if min(height, width) < known.smallest:
            raise LeptonError(
                f"{self.network} needs pictures of {known.smallest} × {known.smallest} at least, "
                f"but they are {height} × {width} here.",
                f"Set the size to {known.smallest} or more.",
            )


def _without_torchvision(error: Exception) -> LeptonError:
    """What to say where torchvision cannot be imported: it is not there, or made for another torch."""
    import torch

    reason = str(error).strip().split("\n")[0] or type(error).__name__
    is_missing = isinstance(error, ModuleNotFoundError) and error.name == "torchvision"
    what = "torchvision is not installed" if is_missing else f"torchvision does not fit this PyTorch ({reason})"
    return LeptonError(
        f"This network is part of torchvision, but {what}.",
        f"Install the torchvision made for PyTorch {torch.__version__}: pip install --upgrade torch torchvision.",
    )
