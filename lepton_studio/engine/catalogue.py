"""Every dataset that can be chosen now: those of the registry, and what a person brought in."""

from __future__ import annotations

from lepton_studio.engine.dataset import DATASETS, Dataset
from lepton_studio.engine.datasets.image_folder import ImageFolder, imported_names


def all_datasets() -> dict[str, Dataset]:
    """Datasets by the name that people use for them, their own ones last."""
    # A folder of pictures is known by its own name, not by that of its kind.
    shipped = {tag: kind() for tag, kind in DATASETS.classes.items() if kind is not ImageFolder}
    own: dict[str, Dataset] = {name: ImageFolder(name) for name in imported_names() if name not in shipped}
    return shipped | own
