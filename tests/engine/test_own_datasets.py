"""Datasets of a person's own get another name or go, and nothing that belongs to them is lost or left."""

from pathlib import Path

import numpy as np
import pytest

from lepton_studio import paths
from lepton_studio.engine.catalogue import all_datasets
from lepton_studio.engine.dataset import DATASETS, Dataset, load_samples
from lepton_studio.engine.datasets.view import View, save_view
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.hand_labels import labels_file, read_hand_labels, save_hand_labels
from lepton_studio.engine.own_datasets import delete_own, own_folder, rename_own
from lepton_studio.engine.previews import make_previews, preview_file

DIGITS = DATASETS["bundled_digits"]()


def small_view(name: str, *members: Dataset) -> View:
    return save_view(View(name=name, members=members or (DIGITS,), per_class=1))


def relabel_first(dataset: Dataset) -> None:
    samples = load_samples(dataset)
    other = samples.class_names[(int(samples.labels[0]) + 1) % 10]
    save_hand_labels(dataset, read_hand_labels(dataset).changed(samples, [0], other))


def everything() -> set[str]:
    return {str(path.relative_to(paths.home())) for path in paths.home().rglob("*") if path.is_file()}


def test_only_what_a_person_made_is_their_own() -> None:
    mine = small_view("mine")
    assert own_folder(mine) == paths.datasets() / "mine"
    for other in (DIGITS, DATASETS["view"](), DATASETS["view"](name="../labels"), DATASETS["view"](name="gone")):
        assert own_folder(other) is None
        with pytest.raises(LeptonError, match="not a dataset of your own"):
            delete_own(other)


def test_a_deleted_dataset_is_gone_with_all_that_belongs_to_it() -> None:
    before = everything()
    mine = small_view("mine")
    relabel_first(mine)
    list(make_previews([mine]))
    assert labels_file(mine).is_file()
    delete_own(mine)
    assert "mine" not in all_datasets()
    assert everything() == before


def test_what_a_view_is_made_of_is_not_deleted() -> None:
    mine = small_view("mine")
    small_view("joined", mine)
    with pytest.raises(LeptonError, match="joined is made of it"):
        delete_own(mine)
    assert mine.is_here()
    delete_own(all_datasets()["joined"])
    delete_own(mine)


def test_a_renamed_dataset_keeps_its_labels_and_its_preview() -> None:
    mine = small_view("mine")
    relabel_first(mine)
    labels = load_samples(mine).labels
    list(make_previews([mine]))
    renamed = rename_own(mine, "ours: all")
    assert renamed.label() == "ours_ all"
    assert set(all_datasets()) >= {"ours_ all"}
    assert "mine" not in all_datasets()
    assert all_datasets()["ours_ all"] == renamed
    np.testing.assert_array_equal(load_samples(renamed).labels, labels)
    assert preview_file(renamed).is_file()
    assert not preview_file(mine).exists()


def test_views_follow_a_renamed_dataset_also_through_other_views() -> None:
    mine = small_view("mine")
    joined = small_view("joined", mine, DIGITS)
    outer = small_view("outer", joined)
    relabel_first(outer)
    labels = load_samples(outer).labels
    renamed = rename_own(mine, "ours")
    assert all_datasets()["joined"].members == (renamed, DIGITS)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(load_samples(all_datasets()["outer"]).labels, labels)
    assert all_datasets()["outer"].is_here()


@pytest.mark.parametrize("name", ["other", "mnist", "MNIST", "view", "  "])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    mine = small_view("mine")
    small_view("other")
    with pytest.raises(LeptonError):
        rename_own(mine, name)
    assert mine.is_here()


def test_the_same_name_changes_nothing(tmp_path: Path) -> None:
    mine = small_view("mine")
    assert rename_own(mine, "mine ") == mine
    assert rename_own(mine, "Mine").label() == "Mine"
