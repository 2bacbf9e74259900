"""Old Japanese handwriting in the form of MNIST."""

from __future__ import annotations

from typing import ClassVar

from lepton_studio.engine.idx_files import IdxDataset


class Kmnist(IdxDataset, frozen=True, tag="kmnist"):
    """70,000 handwritten Japanese characters from old books: one class is written in many ways."""

    title: ClassVar[str] = "Kuzushiji-MNIST"
    publisher: ClassVar[str] = "CODH (Tarin Clanuwat and others), from the Kuzushiji Dataset of NIJL"
    licence: ClassVar[str] = "CC BY-SA 4.0"
    website: ClassVar[str] = "http://codh.rois.ac.jp/kmnist/"
    download_bytes: ClassVar[int] = 21_240_888
    is_ink: ClassVar[bool] = True
    folder_name: ClassVar[str] = "KMNIST/raw"
    mirrors: ClassVar[tuple[str, ...]] = ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
    md5s: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
        "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
        "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
    }
    pictures: ClassVar[int] = 70_000
    classes: ClassVar[int] = 10
    # How the sound is written in Latin letters, then the character of today.
    class_names: ClassVar[tuple[str, ...]] = (
        "o お", "ki き", "su す", "tsu つ", "na な", "ha は", "ma ま", "ya や", "re れ", "wo を",
    )  # fmt: skip
