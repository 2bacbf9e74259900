"""Pictures wait on the disk, not in memory, and go when nobody wants them."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.picture_store import COLOUR, GREY, PictureStore


def test_all_pictures_are_grey_until_one_is_coloured(tmp_path: Path) -> None:
    red = np.zeros(COLOUR, np.uint8)
    red[0] = 200
    with PictureStore(tmp_path) as store:
        for level in range(3):
            store.add("any", np.full(COLOUR, level, np.uint8), np.full(GREY, level, np.uint8))
        store.write(tmp_path / "grey.npy")
        store.add("red", red, np.zeros(GREY, np.uint8))
        store.add("any", np.full(COLOUR, 9, np.uint8), np.full(GREY, 9, np.uint8))
        store.write(tmp_path / "colour.npy")
        assert store.classes == ["any", "any", "any", "red", "any"]
        assert not store.is_grey
    grey, colour = np.load(tmp_path / "grey.npy"), np.load(tmp_path / "colour.npy")
    assert grey.shape == (3, *GREY)
    assert grey[:, 0, 5, 5].tolist() == [0, 1, 2]
    assert colour.shape == (5, *COLOUR)
    assert colour[:, 0, 5, 5].tolist() == [0, 1, 2, 200, 9]
    assert np.array_equal(colour[3], red)
    assert {path.name for path in tmp_path.iterdir()} == {"grey.npy", "colour.npy"}


def test_the_file_is_what_numpy_itself_would_write(tmp_path: Path) -> None:
    with PictureStore(tmp_path) as store:
        for level in range(12):
            store.add("any", np.full(COLOUR, level, np.uint8), np.full(GREY, level, np.uint8))
        store.write(tmp_path / "pictures.npy")
    np.save(tmp_path / "again.npy", np.load(tmp_path / "pictures.npy"))
    assert (tmp_path / "pictures.npy").read_bytes() == (tmp_path / "again.npy").read_bytes()


def test_the_memory_does_not_grow_with_the_pictures(tmp_path: Path) -> None:
    grey, colour = np.zeros(GREY, np.uint8), np.zeros(COLOUR, np.uint8)
    with PictureStore(tmp_path) as store:
        store.add("any", colour, grey)
        tracemalloc.start()
        try:
            for _ in range(4000):
                store.add("any", colour, grey)
            store.write(tmp_path / "pictures.npy")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    written = (tmp_path / "pictures.npy").stat().st_size
    assert written > 4000 * grey.nbytes
    # What is copied at once, and not the fifteen megabytes of both files.
    assert most < 2 << 20


def test_folders_that_were_made_for_nothing_go_again(tmp_path: Path) -> None:
    with PictureStore(tmp_path / "home" / "datasets") as store:
        assert not (tmp_path / "home").exists()
        store.add("any", np.zeros(COLOUR, np.uint8), np.zeros(GREY, np.uint8))
        assert (tmp_path / "home" / "datasets").is_dir()
    assert not (tmp_path / "home").exists()
    (tmp_path / "kept").mkdir()
    with PictureStore(tmp_path / "kept") as store:
        store.add("any", np.zeros(COLOUR, np.uint8), np.zeros(GREY, np.uint8))
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    with (
        PictureStore(tmp_path / "file" / "datasets") as store,
        pytest.raises(LeptonError, match="datasets could not be written"),
    ):
        store.add("any", np.zeros(COLOUR, np.uint8), np.zeros(GREY, np.uint8))
    assert (tmp_path / "file").read_bytes() == b"in the way"
