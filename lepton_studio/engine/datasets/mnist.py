"""The dataset on which most people's first network learns."""

from __future__ import annotations

from typing import ClassVar

from lepton_studio.engine.idx_files import IdxDataset


class Mnist(IdxDataset, frozen=True, tag="mnist"):
    """70,000 handwritten digits, 10,000 of them for testing: where everyone starts."""

    title: ClassVar[str] = "MNIST"
    publisher: ClassVar[str] = "Yann LeCun, Corinna Cortes, Christopher J. C. Burges"
    licence: ClassVar[str] = "CC BY-SA 3.0"
    website: ClassVar[str] = "http://yann.lecun.com/exdb/mnist/"
    download_bytes: ClassVar[int] = 11_594_722
    is_ink: ClassVar[bool] = True
    folder_name: ClassVar[str] = "MNIST/raw"
    mirrors: ClassVar[tuple[str, ...]] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    )
    md5s: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    }
    pictures: ClassVar[int] = 70_000
    classes: ClassVar[int] = 10
    class_names: ClassVar[tuple[str, ...]] = tuple("0123456789")
