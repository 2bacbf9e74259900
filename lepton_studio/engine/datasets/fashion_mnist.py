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
    folder_name: ClassVar[str] = "FashionMNIST/raw"
    mirrors: ClassVar[tuple[str, ...]] = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
    md5s: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    }
    pictures: ClassVar[int] = 70_000
    classes: ClassVar[int] = 10
    class_names: ClassVar[tuple[str, ...]] = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
