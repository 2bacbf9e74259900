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
    folder_name: ClassVar[str] = "KMNIST"
    # How the sound is written in Latin letters, then the character of today.
    class_names: ClassVar[tuple[str, ...]] = (
        "o お", "ki き", "su す", "tsu つ", "na な", "ha は", "ma ま", "ya や", "re れ", "wo を",
    )  # fmt: skip
