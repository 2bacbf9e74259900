"""Makes the strips of example pictures in previews/, of datasets that may be passed on.

    LEPTON_STUDIO_DATA=... python resources/datasets/make_previews.py

KMNIST's strip is made of its test pictures if its training pictures are not there.
"""

from __future__ import annotations

import numpy as np

from lepton_studio.engine.dataset import DATASETS, Samples, load_samples
from lepton_studio.engine.idx_files import IMAGES_MAGIC, LABELS_MAGIC, SPLIT_FILES, read_idx
from lepton_studio.engine.previews import Preview, preview_of, shipped_preview_file, write_preview

# Their licences allow it: CC BY-SA and MIT (see README.md).
PASSED_ON = ("bundled_digits", "mnist", "fashion_mnist", "kmnist")


def main() -> None:
    """Writes one strip for each."""
    for name in PASSED_ON:
        dataset = DATASETS[name]()
        preview = preview_of(dataset, load_samples(dataset)) if dataset.is_here() else of_test_pictures(name)
        write_preview(preview, shipped_preview_file(dataset))


def of_test_pictures(name: str) -> Preview:
    """The preview of a dataset of which only the files for testing are at hand."""
    kind = DATASETS[name]
    images, labels = (
        read_idx(kind.found(file, f"{file}.gz"), magic)
        for file, magic in zip(SPLIT_FILES[1], (IMAGES_MAGIC, LABELS_MAGIC), strict=True)
    )
    samples = Samples(images[:, np.newaxis], labels.astype(np.int64), kind.class_names, np.ones(len(labels), bool))
    return Preview(kind(), preview_of(kind(), samples).strip, kind.pictures, kind.classes)


if __name__ == "__main__":
    main()
