"""Pictures of clothes in the form of MNIST."""

from __future__ import annotations

from typing import ClassVar

from lepton_studio.engine.idx_files import IdxDataset


class FashionMnist(IdxDataset, frozen=True, tag="fashion_mnist"):
    """70,000 small pictures of clothes and shoes: as large as MNIST and clearly harder."""

    title: ClassVar[str] = "Fashion-MNIST"
    publisher: ClassVar[str] = "Zalando Research (Han Xiao, Kashif Rasul, Roland Vollgraf)"
    licence: ClassVar[str] = "MIT"
    website: ClassVar[str] = "https://github.com/zalandoresearch/fashion-mnist"
    download_bytes: ClassVar[int] = 30_878_645
    folder_name: ClassVar[str] = "FashionMNIST"
    class_names: ClassVar[tuple[str, ...]] = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
