"""MNIST's files are read packed or not, whatever is missing is fetched, and damage names the file."""

import contextlib
import gzip
import hashlib
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lepton_studio.engine.dataset import DATASETS, Dataset, Samples, load_samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.idx_files import FILES, IMAGES_MAGIC, LABELS_MAGIC, read_idx

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
MNIST, KMNIST = DATASETS["mnist"](), DATASETS["kmnist"]()


def images_file(count: int, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 28, 28), np.uint8)
    return struct.pack(">4I", IMAGES_MAGIC, count, 28, 28) + pixels.tobytes()


def labels_file(labels: list[int]) -> bytes:
    return struct.pack(">2I", LABELS_MAGIC, len(labels)) + bytes(labels)


CONTENTS = {
    FILES[0]: images_file(3, seed=1),
    FILES[1]: labels_file([5, 0, 9]),
    FILES[2]: images_file(2, seed=2),
    FILES[3]: labels_file([7, 1]),
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty LEPTON_STUDIO_DATA beside an empty LEPTON_STUDIO_HOME, and no network."""
    monkeypatch.setenv("LEPTON_STUDIO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LEPTON_STUDIO_HOME", str(tmp_path / "home"))
    for kind in (DATASETS["mnist"], DATASETS["kmnist"]):
        monkeypatch.setattr(kind, "mirrors", ())
    return tmp_path / "data"


def write_files(folder: Path, name: str = "MNIST", packed: bool = False, files: tuple[str, ...] = FILES) -> Path:
    raw = folder / name / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for file in files:
        if packed:
            (raw / f"{file}.gz").write_bytes(gzip.compress(CONTENTS[file]))
        else:
            (raw / file).write_bytes(CONTENTS[file])
    return raw


@pytest.mark.parametrize("packed", [False, True])
def test_packed_and_unpacked_files_give_the_same_samples(data: Path, packed: bool) -> None:
    write_files(data, packed=packed)
    assert MNIST.is_here()
    samples = load_samples(MNIST)
    assert samples.images.shape == (5, 1, 28, 28)
    assert samples.images.dtype == np.uint8
    assert samples.images[:3].tobytes() == CONTENTS[FILES[0]][16:]
    assert samples.images[3:].tobytes() == CONTENTS[FILES[2]][16:]
    assert samples.labels.tolist() == [5, 0, 9, 7, 1]
    assert samples.labels.dtype == np.int64
    assert samples.is_test.tolist() == [False, False, False, True, True]
    assert samples.class_names == tuple("0123456789")


def test_what_a_file_holds_counts_and_not_its_name(data: Path) -> None:
    raw = write_files(data)
    (raw / IMAGES).rename(raw / f"{IMAGES}.gz")
    (raw / LABELS).write_bytes(gzip.compress(CONTENTS[LABELS]))
    assert load_samples(MNIST).labels.tolist() == [5, 0, 9, 7, 1]


def test_files_may_lie_in_different_folders(data: Path, tmp_path: Path) -> None:
    write_files(data, "KMNIST", packed=True, files=FILES[2:])
    assert not KMNIST.is_here()
    write_files(tmp_path / "home", "KMNIST", files=FILES[:2])
    assert KMNIST.is_here()
    assert len(load_samples(KMNIST)) == 5


def test_reading_says_which_file_it_reads(data: Path) -> None:
    write_files(data)
    texts = [event.text for event in MNIST.load() if isinstance(event, Progress)]
    assert texts == [f"Reading {name}" for name in FILES]


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        (IMAGES, b"", "header"),
        (IMAGES, CONTENTS[IMAGES][:10], "header"),
        (IMAGES, CONTENTS[IMAGES][:-1], "only 2351"),
        (IMAGES, CONTENTS[IMAGES] + b"x", "more"),
        (IMAGES, CONTENTS[LABELS] * 2, "magic number"),
        (LABELS, CONTENTS[IMAGES], "magic number"),
        (IMAGES, struct.pack(">4I", IMAGES_MAGIC, 4_000_000_000, 28, 28), "claims to hold"),
        (IMAGES, struct.pack(">4I", IMAGES_MAGIC, 0, 28, 28), "claims to hold"),
        (IMAGES, struct.pack(">4I", IMAGES_MAGIC, 1, 14, 56) + bytes(784), "14 x 56"),
        (IMAGES, gzip.compress(CONTENTS[IMAGES])[:-20], "damaged"),
        (IMAGES, gzip.compress(CONTENTS[IMAGES])[:-8] + bytes(8), "CRC"),
        (IMAGES, gzip.compress(CONTENTS[IMAGES][:-1]), "only 2351"),
        (IMAGES, gzip.compress(CONTENTS[IMAGES]) + b"garbage", "damaged"),
        (LABELS, labels_file([5, 0]), "2 labels for 3"),
        (LABELS, labels_file([5, 10, 0]), "label 10 at position 1"),
    ],
)
def test_a_damaged_file_is_named_with_the_reason(data: Path, file: str, content: bytes, words: str) -> None:
    path = write_files(data) / file
    path.write_bytes(content)
    with pytest.raises(LeptonError) as caught:
        load_samples(MNIST)
    assert str(path) in caught.value.what
    assert words in caught.value.what
    assert caught.value.remedy


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.data())
def test_any_bytes_are_samples_or_a_lepton_error(content: st.DataObject) -> None:
    starts = [
        b"",
        b"\x1f\x8b",
        struct.pack(">I", IMAGES_MAGIC),
        CONTENTS[IMAGES],
        gzip.compress(CONTENTS[IMAGES]),
    ]
    magic = content.draw(st.sampled_from([IMAGES_MAGIC, LABELS_MAGIC]))
    start = bytearray(content.draw(st.sampled_from(starts)))
    for position in content.draw(st.lists(st.integers(0, len(start) - 1), max_size=3)) if start else ():
        start[position] = content.draw(st.integers(0, 255))
    keep = content.draw(st.integers(0, len(start)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(start[:keep] + content.draw(st.binary(max_size=40)))
        with contextlib.suppress(LeptonError):
            assert read_idx(path, magic).dtype == np.uint8


def test_a_folder_in_the_place_of_a_file_is_no_file(data: Path) -> None:
    raw = write_files(data)
    (raw / IMAGES).unlink()
    (raw / IMAGES).mkdir()
    assert not MNIST.is_here()


def test_without_a_network_the_error_says_which_files_are_wanted_where(data: Path, tmp_path: Path) -> None:
    write_files(data, "KMNIST", files=FILES[2:])
    with pytest.raises(LeptonError) as caught:
        load_samples(KMNIST)
    assert "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz" in caught.value.remedy
    assert "t10k" not in str(caught.value)
    assert str(tmp_path / "home" / "KMNIST" / "raw") in caught.value.remedy


def publish(monkeypatch: pytest.MonkeyPatch, folder: Path, files: tuple[str, ...] = FILES) -> None:
    """Puts the packed files into a folder and makes it the second mirror."""
    folder.mkdir()
    md5s = {}
    for name in files:
        packed = gzip.compress(CONTENTS[name])
        (folder / f"{name}.gz").write_bytes(packed)
        md5s[f"{name}.gz"] = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    mirrors = [(folder / "gone").as_uri() + "/", folder.as_uri() + "/"]
    for kind in (DATASETS["mnist"], DATASETS["kmnist"]):
        monkeypatch.setattr(kind, "mirrors", mirrors)
        monkeypatch.setattr(kind, "md5s", md5s)


def test_only_the_files_that_are_missing_are_fetched(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(data, "KMNIST", files=FILES[2:])
    publish(monkeypatch, tmp_path / "mirror")
    events = list(KMNIST.load())
    assert isinstance(events[-1], Samples)
    assert len(events[-1]) == 5
    fetched = tmp_path / "home" / "KMNIST" / "raw"
    assert sorted(path.name for path in fetched.iterdir()) == [f"{name}.gz" for name in FILES[:2]]
    texts = [event.text for event in events if isinstance(event, Progress)]
    assert f"Fetching {FILES[1]}.gz (2 of 2)" in texts
    assert KMNIST.is_here()


def test_stopping_leaves_what_is_whole_and_a_part_to_go_on_from(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, tmp_path / "mirror")
    work = MNIST.load()
    next(event for event in work if isinstance(event, Progress) and "(2 of 4)" in event.text)
    work.close()  # type: ignore[attr-defined]
    raw = tmp_path / "home" / "MNIST" / "raw"
    whole = {f"{name}.gz" for name in FILES[:2]}
    parts = {f"{FILES[1]}.gz.part", f"{FILES[1]}.gz.part.json"}
    assert f"{FILES[0]}.gz" in {path.name for path in raw.iterdir()} <= whole | parts
    assert len(load_samples(MNIST)) == 5


def real(name: str, want: Callable[[Dataset], bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dataset:
    monkeypatch.setenv("LEPTON_STUDIO_DATA", str(SHARED_DATA))
    monkeypatch.setenv("LEPTON_STUDIO_HOME", str(tmp_path))
    dataset = DATASETS[name]()
    if not want(dataset):
        pytest.skip(f"the real {name} is not in {SHARED_DATA}")
    return dataset


@pytest.mark.parametrize(("name", "mean", "std"), [("mnist", 0.1307, 0.3081), ("fashion_mnist", 0.2860, 0.3530)])
def test_the_real_datasets_have_the_numbers_that_everyone_knows(
    name: str, mean: float, std: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    samples = load_samples(real(name, lambda dataset: dataset.is_here(), monkeypatch, tmp_path))
    assert (len(samples), int(samples.is_test.sum())) == (70_000, 10_000)
    assert not samples.is_test[:60_000].any()
    (found_mean,), (found_std,) = samples.mean_and_std
    assert found_mean / 255 == pytest.approx(mean, abs=1e-4)
    assert found_std / 255 == pytest.approx(std, abs=1e-4)
    if name == "mnist":
        assert np.bincount(samples.labels[60_000:]).tolist() == [
            980,
            1135,
            1032,
            1010,
            982,
            892,
            958,
            1028,
            974,
            1009,
        ]
        assert samples.labels[:5].tolist() == [5, 0, 4, 1, 9]


def test_the_real_kmnist_wants_only_its_training_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    test_files = SHARED_DATA / "KMNIST" / "raw"
    real("kmnist", lambda dataset: test_files.is_dir() and not dataset.is_here(), monkeypatch, tmp_path)
    assert DATASETS["kmnist"].missing_files() == tuple(f"{name}.gz" for name in FILES[:2])  # type: ignore[attr-defined]
    images = read_idx(test_files / f"{FILES[2]}.gz", IMAGES_MAGIC)
    assert images.shape == (10_000, 28, 28)
    assert list(tmp_path.iterdir()) == []
