"""Every dataset that can be chosen now: those of the registry, and what a person brought in, drew or put together."""

from __future__ import annotations

from lepton_studio.engine.dataset import DATASETS, Dataset


def all_datasets() -> dict[str, Dataset]:
    """Datasets by the name that people use for them, their own ones last."""
    shipped: dict[str, Dataset] = {}
    own: dict[str, Dataset] = {}
    for tag, kind in DATASETS.classes.items():
        for name, dataset in kind.choices().items():
            (shipped if name == tag else own)[name] = dataset
    return shipped | {name: own[name] for name in sorted(own) if name not in shipped}
