"""The origins of a published dataset are made when they are asked for."""

import pytest

from lepton_studio.engine.origins import FileOrigins


def test_each_position_is_the_file_and_the_place_in_it() -> None:
    origins = FileOrigins([("train", 2), ("empty", 0), ("test", 3)])
    wanted = ["train, picture 0", "train, picture 1", "test, picture 0", "test, picture 1", "test, picture 2"]
    assert list(origins) == wanted
    assert len(origins) == 5
    assert [origins[at - 5] for at in range(5)] == wanted
    assert origins[1:4] == wanted[1:4]
    assert origins[::-2] == wanted[::-2]


@pytest.mark.parametrize("at", [5, -6])
def test_behind_the_ends_there_is_nothing(at: int) -> None:
    with pytest.raises(IndexError):
        FileOrigins([("train", 2), ("test", 3)])[at]


def test_no_files_have_no_origins() -> None:
    assert not FileOrigins([])
    with pytest.raises(IndexError):
        FileOrigins([])[0]
