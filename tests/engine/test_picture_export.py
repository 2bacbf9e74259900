"""A dataset goes out as pictures and comes back the same."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.image_folder import ImageFolder
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.import_report import ImportReport
from lepton_studio.engine.importing import import_folder
from lepton_studio.engine.picture_export import PicturesExported, export_pictures


def some(shape: tuple[int, int, int]) -> Samples:
    random = np.random.default_rng(2)
    images = random.integers(0, 256, (12, *shape), np.uint8)
    labels = np.arange(12, dtype=np.int64) % 3
    aside = np.arange(12)
    return Samples(images, labels, ("a/b", "größe", "三"), aside >= 9, (aside >= 6) & (aside < 9))


@pytest.mark.parametrize("name", ["out", "out.zip"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_what_was_exported_comes_back_the_same(tmp_path: Path, name: str, shape: tuple[int, int, int]) -> None:
    samples = some(shape)
    *_, written = export_pictures(samples, tmp_path / name, with_splits=True)
    assert isinstance(written, PicturesExported)
    assert written.pictures == 12
    *_, report = import_folder(tmp_path / name)
    assert isinstance(report, ImportReport)
    back = load_samples(ImageFolder(report.dataset))
    assert back.class_names == ("a_b", "größe", "三")
    # The file is named by the place in the dataset.
    places = [int(Path(origin).stem) for origin in back.origins]
    assert sorted(places) == list(range(12))
    assert np.array_equal(back.images, samples.images[places])
    assert np.array_equal(back.labels, samples.labels[places])
    assert np.array_equal(back.is_test, samples.is_test[places])
    assert back.is_validation is not None
    assert samples.is_validation is not None
    assert np.array_equal(back.is_validation, samples.is_validation[places])


def test_without_splits_there_is_one_folder_for_each_class(tmp_path: Path) -> None:
    list(export_pictures(some((1, 8, 8)), tmp_path / "out.zip"))
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"a_b", "größe", "三"}
        assert archive.testzip() is None


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_nothing_is_overwritten_and_a_stopped_export_leaves_nothing(tmp_path: Path, name: str) -> None:
    work = export_pictures(some((1, 8, 8)), tmp_path / "new" / name)
    next(work)
    work.close()  # type: ignore[attr-defined]
    assert not (tmp_path / "new").exists() or list((tmp_path / "new").iterdir()) == []
    (tmp_path / name).write_bytes(b"precious")
    with pytest.raises(LeptonError, match="is there already"):
        list(export_pictures(some((1, 8, 8)), tmp_path / name))
    assert (tmp_path / name).read_bytes() == b"precious"


def test_pictures_of_two_channels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="2 channels"):
        list(export_pictures(some((2, 8, 8)), tmp_path / "out"))
