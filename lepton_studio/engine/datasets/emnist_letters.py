"""Handwritten letters in the form of MNIST."""

from __future__ import annotations

import string
from typing import ClassVar

from lepton_studio.engine.emnist import EmnistDataset, files_of
from lepton_studio.engine.idx_files import Pair


class EmnistLetters(EmnistDataset, frozen=True, tag="emnist_letters"):
    """145,600 handwritten letters: 26 classes, capital and small letters in one; some look alike (i and l, g and q)."""

    title: ClassVar[str] = "EMNIST letters"
    pictures: ClassVar[int] = 145_600
    classes: ClassVar[int] = 26
    split_files: ClassVar[tuple[Pair, Pair]] = files_of("letters")
    # Label 1 is A; 0 is not used.
    first_label: ClassVar[int] = 1
    class_names: ClassVar[tuple[str, ...]] = tuple(string.ascii_uppercase)
