"""Handwritten digits of NIST's forms, four times as many as MNIST has."""

from __future__ import annotations

from typing import ClassVar

from lepton_studio.engine.emnist import EmnistDataset, files_of
from lepton_studio.engine.idx_files import Pair


class EmnistDigits(EmnistDataset, frozen=True, tag="emnist_digits"):
    """280,000 handwritten digits, made as MNIST's are, four times as many and equally many of each."""

    title: ClassVar[str] = "EMNIST digits"
    pictures: ClassVar[int] = 280_000
    classes: ClassVar[int] = 10
    split_files: ClassVar[tuple[Pair, Pair]] = files_of("digits")
    class_names: ClassVar[tuple[str, ...]] = tuple("0123456789")
