"""Well-known networks with weights that were published: torchvision's names, files and sizes.

They stand here rather than being asked of torchvision, which is imported only when such a network is built: it fails
beside a torch of another version. A test holds them equal.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownWeights:
    """One network with the weights that it learned on ImageNet (1.3 million photos of 1,000 kinds of things).

    Attributes:
        file: its name, at the publisher's and here.
        size: bytes to download, about.
        smallest: the side of the smallest pictures that it can take.
        only: whether it takes no other size.
    """

    file: str
    size: int
    smallest: int = 1
    only: bool = False

    @property
    def checksum(self) -> str:
        """The first digits of the SHA-256 of the file."""
        return self.file.removesuffix(".pth").rpartition("-")[2]


KNOWN_WEIGHTS: dict[str, KnownWeights] = {
    "alexnet": KnownWeights("alexnet-owt-7be5be79.pth", 244_408_911, smallest=63),
    "vgg11_bn": KnownWeights("vgg11_bn-6002323d.pth", 531_503_671, smallest=32),
    "squeezenet1_1": KnownWeights("squeezenet1_1-b8a52dc0.pth", 4_958_716, smallest=17),
    "resnet18": KnownWeights("resnet18-f37072fd.pth", 46_830_571),
    "resnet34": KnownWeights("resnet34-b627a593.pth", 87_319_819),
    "resnet50": KnownWeights("resnet50-0676ba61.pth", 102_530_333),
    "mobilenet_v2": KnownWeights("mobilenet_v2-b0353104.pth", 14_212_972),
    "mobilenet_v3_small": KnownWeights("mobilenet_v3_small-047dcff4.pth", 10_306_551),
    "mobilenet_v3_large": KnownWeights("mobilenet_v3_large-8738ca79.pth", 22_139_423),
    "shufflenet_v2_x1_0": KnownWeights("shufflenetv2_x1-5666bf0f80.pth", 9_218_294),
    "efficientnet_b0": KnownWeights("efficientnet_b0_rwightman-7f5810bc.pth", 21_444_401),
    "convnext_tiny": KnownWeights("convnext_tiny-983f1562.pth", 114_419_221, smallest=32),
    "swin_t": KnownWeights("swin_t-704ceda3.pth", 113_445_273, smallest=4),
    "vit_b_16": KnownWeights("vit_b_16-c867db91.pth", 346_328_529, smallest=224, only=True),
}
