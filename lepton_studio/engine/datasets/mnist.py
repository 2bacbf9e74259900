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
    folder_name: ClassVar[str] = "MNIST"
    class_names: ClassVar[tuple[str, ...]] = tuple("0123456789")
