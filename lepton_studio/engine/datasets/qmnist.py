"""MNIST made once more from NIST's forms, with the test digits that were never published."""

from __future__ import annotations

from typing import ClassVar

from lepton_studio.engine.idx_files import IdxDataset, Pair


class Qmnist(IdxDataset, frozen=True, tag="qmnist"):
    """120,000 handwritten digits: MNIST made once more, with all its 60,000 test digits instead of 10,000 of them."""

    title: ClassVar[str] = "QMNIST"
    publisher: ClassVar[str] = "Facebook AI Research (Chhavi Yadav, Léon Bottou)"
    licence: ClassVar[str] = "BSD 3-Clause"
    website: ClassVar[str] = "https://github.com/facebookresearch/qmnist"
    download_bytes: ClassVar[int] = 20_436_162
    is_ink: ClassVar[bool] = True
    folder_name: ClassVar[str] = "QMNIST/raw"
    mirrors: ClassVar[tuple[str, ...]] = ("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",)
    md5s: ClassVar[dict[str, str]] = {
        "qmnist-train-images-idx3-ubyte.gz": "ed72d4157d28c017586c42bc6afe6370",
        "qmnist-train-labels-idx2-int.gz": "0058f8dd561b90ffdd0f734c6a30e5e4",
        "qmnist-test-images-idx3-ubyte.gz": "1394631089c404de565df7b7aeaf9412",
        "qmnist-test-labels-idx2-int.gz": "5b5b05890a5e13444e108efe57b788aa",
    }
    pictures: ClassVar[int] = 120_000
    classes: ClassVar[int] = 10
    # The labels are rows of eight numbers: the class, then who wrote the digit and where it lies in NIST's database.
    split_files: ClassVar[tuple[Pair, Pair]] = (
        ("qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int"),
        ("qmnist-test-images-idx3-ubyte", "qmnist-test-labels-idx2-int"),
    )
    class_names: ClassVar[tuple[str, ...]] = tuple("0123456789")
