"""Published datasets are found in torchvision's layout, read as torchvision reads them, and refuse damage."""

import bz2
import contextlib
import gzip
import hashlib
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lepton_studio.engine.dataset import DATASETS, Samples, load_samples
from lepton_studio.engine.datasets import cifar10, usps
from lepton_studio.engine.datasets.usps import read_libsvm
from lepton_studio.engine.emnist import ARCHIVE
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.idx_files import IMAGES_MAGIC, LABEL_ROWS_MAGIC, LABELS_MAGIC
from lepton_studio.engine.matlab_file import read_matlab
from lepton_studio.engine.published import PublishedDataset

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RANDOM = np.random.default_rng(4)
PUBLISHED = {name: kind for name, kind in DATASETS.classes.items() if issubclass(kind, PublishedDataset)}
# In torchvision's words.
TORCHVISION_NAMES = {
    "mnist": "MNIST", "fashion_mnist": "FashionMNIST", "kmnist": "KMNIST", "qmnist": "QMNIST", "usps": "USPS",
    "svhn": "SVHN", "emnist_digits": "EMNIST", "emnist_letters": "EMNIST",
}  # fmt: skip


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty LEPTON_STUDIO_DATA beside an empty LEPTON_STUDIO_HOME, and no network."""
    monkeypatch.setenv("LEPTON_STUDIO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LEPTON_STUDIO_HOME", str(tmp_path / "home"))
    for kind in PUBLISHED.values():
        monkeypatch.setattr(kind, "mirrors", ())
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def pixels(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return RANDOM.integers(0, 256, shape, np.uint8)


def images_file(images: np.ndarray) -> bytes:  # type: ignore[type-arg]
    return struct.pack(">4I", IMAGES_MAGIC, *images.shape) + images.tobytes()


def labels_file(labels: list[int]) -> bytes:
    return struct.pack(">2I", LABELS_MAGIC, len(labels)) + bytes(labels)


# --- what is published where


def test_all_that_were_promised_are_there() -> None:
    assert set(PUBLISHED) == {*TORCHVISION_NAMES, "cifar10"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_file_of_a_dataset_has_an_address_and_an_md5(name: str) -> None:
    kind = PUBLISHED[name]
    assert kind.mirrors
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in kind.mirrors)
    assert kind.md5s
    assert all(len(md5) == 32 and int(md5, 16) for md5 in kind.md5s.values())
    assert kind.pictures > 1000
    assert kind.classes >= 10
    assert kind.download_bytes > 1_000_000


def published_by_torchvision(name: str) -> dict[str, tuple[set[str], str]]:
    """File name -> addresses and md5, as torchvision's classes have them."""
    datasets = pytest.importorskip("torchvision.datasets", exc_type=Exception)
    kind = getattr(datasets, TORCHVISION_NAMES[name])
    if hasattr(kind, "split_list"):
        rows = [row for split, row in kind.split_list.items() if split != "extra"]
        return {file: ({url}, md5) for url, file, md5 in rows}
    if name.startswith("emnist"):
        return {kind.url.rsplit("/", 1)[1]: ({kind.url}, kind.md5)}
    if name == "qmnist":
        rows = [row for split, rows in kind.resources.items() if split != "nist" for row in rows]
        return {url.rsplit("/", 1)[1]: ({url}, md5) for url, md5 in rows}
    return {file: ({f"{mirror}{file}" for mirror in kind.mirrors}, md5) for file, md5 in kind.resources}


@pytest.mark.parametrize("name", TORCHVISION_NAMES)
def test_addresses_and_md5s_are_those_of_torchvision(name: str) -> None:
    kind = PUBLISHED[name]
    ours = {file: ({f"{mirror}{file}" for mirror in kind.mirrors}, md5) for file, md5 in kind.md5s.items()}
    assert ours == published_by_torchvision(name)


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_a_network_the_error_says_which_files_are_wanted_where(name: str, data: Path, tmp_path: Path) -> None:
    dataset = PUBLISHED[name]()
    assert not dataset.is_here()
    with pytest.raises(LeptonError) as caught:
        load_samples(dataset)
    assert all(file in caught.value.remedy for file in dataset.md5s)
    assert str(tmp_path / "home" / dataset.folder_name) in caught.value.remedy


# --- EMNIST

DIGIT_PICTURES, LETTER_PICTURES = pixels(3, 28, 28), pixels(2, 28, 28)


def emnist_files(part: str, train: list[int], test: list[int]) -> dict[str, bytes]:
    files = {}
    for split, labels, pictures in (("train", train, DIGIT_PICTURES), ("test", test, LETTER_PICTURES)):
        files[f"emnist-{part}-{split}-images-idx3-ubyte"] = images_file(pictures[: len(labels)].transpose(0, 2, 1))
        files[f"emnist-{part}-{split}-labels-idx1-ubyte"] = labels_file(labels)
    return files


EMNIST_FILES = emnist_files("letters", [1, 26, 3], [2, 2]) | emnist_files("digits", [0, 9, 5], [7, 1])


def emnist_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in EMNIST_FILES.items():
            archive.writestr(f"gzip/{name}.gz", gzip.compress(content))
    return packed.getvalue()


def check_emnist() -> None:
    letters, digits = load_samples(DATASETS["emnist_letters"]()), load_samples(DATASETS["emnist_digits"]())
    assert "".join(letters.class_of(at) for at in range(5)) == "AZCBB"
    assert "".join(digits.class_of(at) for at in range(5)) == "09571"
    for samples in (letters, digits):
        np.testing.assert_array_equal(samples.images[:, 0], np.concatenate([DIGIT_PICTURES, LETTER_PICTURES]))
        assert samples.images.flags.c_contiguous
        assert samples.is_test.tolist() == [False] * 3 + [True] * 2
    assert letters.origins[4] == "emnist-letters-test-images-idx3-ubyte, picture 1"


@pytest.mark.parametrize("packed", [False, True])
def test_emnist_is_read_as_torchvision_unpacks_it_and_stands_upright(data: Path, packed: bool) -> None:
    for name, content in EMNIST_FILES.items():
        put(data / "EMNIST" / "raw" / (f"{name}.gz" if packed else name), gzip.compress(content) if packed else content)
    check_emnist()
    # Nothing was unpacked beside them.
    endings = {path.suffix for path in (data / "EMNIST" / "raw").iterdir()}
    assert endings == ({".gz"} if packed else {""})


def test_emnist_is_read_from_the_zip_as_it_is(data: Path) -> None:
    put(data / "EMNIST" / "raw" / ARCHIVE, emnist_zip())
    check_emnist()
    assert [path.name for path in (data / "EMNIST" / "raw").iterdir()] == [ARCHIVE]


def test_the_zip_of_emnist_is_fetched_once_for_both(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = put(tmp_path / "mirror" / ARCHIVE, emnist_zip())
    md5 = hashlib.md5(source.read_bytes(), usedforsecurity=False).hexdigest()
    for name in ("emnist_digits", "emnist_letters"):
        monkeypatch.setattr(DATASETS[name], "mirrors", (source.parent.as_uri() + "/",))
        monkeypatch.setattr(DATASETS[name], "md5s", {ARCHIVE: md5})
    events = [event for event in DATASETS["emnist_letters"]().load() if isinstance(event, Progress)]
    assert events[0].text == f"Fetching {ARCHIVE}"
    assert DATASETS["emnist_digits"]().is_here()
    source.unlink()
    check_emnist()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no zip", "not a zip"), (emnist_zip()[:-100], "not a zip"), (b"PK\x05\x06" + bytes(18), "no item")],
)
def test_a_damaged_zip_of_emnist_is_named(data: Path, content: bytes, words: str) -> None:
    path = put(data / "EMNIST" / "raw" / ARCHIVE, content)
    with pytest.raises(LeptonError) as caught:
        load_samples(DATASETS["emnist_letters"]())
    assert str(path) in caught.value.what
    assert words in caught.value.what


def test_label_0_is_no_letter(data: Path) -> None:
    for name, content in emnist_files("letters", [1, 0, 3], [2, 2]).items():
        put(data / "EMNIST" / "raw" / name, content)
    with pytest.raises(LeptonError, match="label 0 at position 1 is no class"):
        load_samples(DATASETS["emnist_letters"]())


# --- QMNIST


def qmnist_labels(labels: list[int]) -> bytes:
    rows = np.zeros((len(labels), 8), ">i4")
    rows[:, 0], rows[:, 2] = labels, 2600
    return struct.pack(">3I", LABEL_ROWS_MAGIC, *rows.shape) + rows.tobytes()


def test_qmnist_takes_the_class_from_rows_of_eight_numbers(data: Path) -> None:
    raw, pictures = data / "QMNIST" / "raw", pixels(5, 28, 28)
    put(raw / "qmnist-train-images-idx3-ubyte.gz", gzip.compress(images_file(pictures[:3])))
    put(raw / "qmnist-train-labels-idx2-int.gz", gzip.compress(qmnist_labels([5, 0, 4])))
    put(raw / "qmnist-test-images-idx3-ubyte", images_file(pictures[3:]))
    put(raw / "qmnist-test-labels-idx2-int", qmnist_labels([7, 2]))
    samples = load_samples(DATASETS["qmnist"]())
    assert samples.labels.tolist() == [5, 0, 4, 7, 2]
    assert samples.labels.dtype == np.int64
    np.testing.assert_array_equal(samples.images[:, 0], pictures)
    torchvision = pytest.importorskip("torchvision.datasets", exc_type=Exception)
    # Its loader wants the files unpacked.
    for packed in raw.glob("*.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
    oracle = torchvision.QMNIST(str(data), train=True)
    np.testing.assert_array_equal(oracle.data.numpy(), samples.images[:3, 0])
    assert [int(oracle[at][1]) for at in range(3)] == samples.labels[:3].tolist()


@pytest.mark.parametrize("row", [[10], [-1]])
def test_rows_with_a_label_that_is_no_class_are_refused(data: Path, row: list[int]) -> None:
    for split in ("train", "test"):
        put(data / "QMNIST" / "raw" / f"qmnist-{split}-images-idx3-ubyte", images_file(pixels(1, 28, 28)))
        put(data / "QMNIST" / "raw" / f"qmnist-{split}-labels-idx2-int", qmnist_labels(row))
    with pytest.raises(LeptonError, match="is no class"):
        load_samples(DATASETS["qmnist"]())


# --- USPS


def libsvm(labels: list[int], values: np.ndarray) -> bytes:  # type: ignore[type-arg]
    lines = [
        " ".join([str(label), *(f"{column}:{value:.4f}" for column, value in enumerate(row, 1))])
        for label, row in zip(labels, values, strict=True)
    ]
    return ("\n".join(lines) + " \n").encode()


VALUES = RANDOM.uniform(-1, 1, (4, 256)).round(4)


@pytest.mark.parametrize("below", ["", "USPS"])
def test_usps_is_what_torchvision_makes_of_it(data: Path, below: str) -> None:
    put(data / below / "usps.bz2", bz2.compress(libsvm([1, 10, 3], VALUES[:3])))
    put(data / below / "usps.t.bz2", bz2.compress(libsvm([7], VALUES[3:])))
    samples = load_samples(DATASETS["usps"]())
    assert samples.shape == (1, 16, 16)
    assert samples.labels.tolist() == [0, 9, 2, 6]
    assert samples.is_test.tolist() == [False, False, False, True]
    assert samples.origins[3] == "usps.t.bz2, picture 0"
    torchvision = pytest.importorskip("torchvision.datasets", exc_type=Exception)
    for train, part in ((True, slice(0, 3)), (False, slice(3, 4))):
        oracle = torchvision.USPS(str(data / below), train=train)
        np.testing.assert_array_equal(oracle.data, samples.images[part, 0])
        assert oracle.targets == samples.labels[part].tolist()


LINE = libsvm([1], VALUES[:1])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no bzip2", "damaged"),
        (bz2.compress(LINE)[:-10], "cut off"),
        (bz2.compress(b""), "form of LIBSVM"),
        (bz2.compress(b"one two"), "form of LIBSVM"),
        (bz2.compress(LINE + b"1 1:0\n"), "form of LIBSVM"),
        (bz2.compress(LINE.replace(b"256:", b"257:")), "numbered values"),
        (bz2.compress(b"1 1:0 2:0\n"), "numbered values"),
        (bz2.compress(b"11" + LINE[1:]), "no class"),
        (bz2.compress(libsvm([1], VALUES[:1] + 3)), "out of range"),
        (bz2.compress(LINE.replace(b"1:", b"1:nan 1:", 1)), "damaged"),
        (bz2.compress("1 1:½".encode()), "form of LIBSVM"),
    ],
)
def test_a_damaged_file_of_usps_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = put(tmp_path / "usps.bz2", content)
    with pytest.raises(LeptonError) as caught:
        read_libsvm(path)
    assert str(path) in caught.value.what
    assert words in caught.value.what


def test_a_bomb_of_bzip2_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usps, "LARGEST_BYTES", 100_000)
    with pytest.raises(LeptonError, match="larger than it can be"):
        read_libsvm(put(tmp_path / "usps.bz2", bz2.compress(b" " * 10_000_000)))


def usps_arrays(**changes: np.ndarray) -> bytes:  # type: ignore[type-arg]
    arrays = {
        "train_images": pixels(3, 16, 16), "train_labels": np.array([4, 0, 9], np.uint8),
        "test_images": pixels(1, 16, 16), "test_labels": np.array([2], np.uint8),
    } | changes  # fmt: skip
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


def test_usps_is_read_from_arrays_too(data: Path) -> None:
    put(data / "USPS" / "usps.npz", usps_arrays())
    samples = load_samples(DATASETS["usps"]())
    assert samples.labels.tolist() == [4, 0, 9, 2]
    assert samples.origins[1] == "usps.npz, train, picture 1"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK\x03\x04 cut", usps_arrays()[:-60], usps_arrays(test_labels=np.array([10], np.uint8)),
        usps_arrays(test_images=pixels(2, 16, 16)), usps_arrays(test_labels=np.array([0.5])),
        usps_arrays(train_labels=np.array(4)), usps_arrays(train_images=np.array([{}], object)),
    ],
)  # fmt: skip
def test_damaged_arrays_of_usps_are_named(data: Path, content: bytes) -> None:
    path = put(data / "USPS" / "usps.npz", content)
    with pytest.raises(LeptonError) as caught:
        load_samples(DATASETS["usps"]())
    assert str(path) in caught.value.what


def test_the_real_usps_has_the_numbers_that_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if not (SHARED_DATA / "USPS").is_dir():
        pytest.skip(f"the real USPS is not in {SHARED_DATA}")
    monkeypatch.setenv("LEPTON_STUDIO_DATA", str(SHARED_DATA))
    monkeypatch.setenv("LEPTON_STUDIO_HOME", str(tmp_path))
    samples = load_samples(DATASETS["usps"]())
    counts = [np.bincount(samples.labels[samples.is_test == test]).tolist() for test in (False, True)]
    assert counts == [
        [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644],
        [359, 264, 198, 166, 200, 160, 170, 147, 166, 177],
    ]


# --- SVHN


def matlab(variables: dict[str, object], packed: bool = True) -> bytes:
    scipy_io = pytest.importorskip("scipy.io", exc_type=Exception)
    file = io.BytesIO()
    scipy_io.savemat(file, variables, do_compression=packed)
    return file.getvalue()


@pytest.mark.parametrize("below", ["", "SVHN"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_svhn_is_what_torchvision_makes_of_it(data: Path, below: str, packed: bool, kind: type[np.generic]) -> None:
    for name, labels in (("train", [10, 1, 9]), ("test", [10, 5])):
        arrays = {"X": pixels(32, 32, 3, len(labels)), "y": np.array(labels, kind)[:, np.newaxis]}
        put(data / below / f"{name}_32x32.mat", matlab(arrays, packed))
    samples = load_samples(DATASETS["svhn"]())
    assert samples.shape == (3, 32, 32)
    assert samples.labels.tolist() == [0, 1, 9, 0, 5]
    assert samples.images.flags.c_contiguous
    torchvision = pytest.importorskip("torchvision.datasets", exc_type=Exception)
    monkey = torchvision.SVHN
    for split, part in (("train", slice(0, 3)), ("test", slice(3, 5))):
        with pytest.MonkeyPatch.context() as patch:
            # It asks for the md5 of the real files.
            patch.setattr(monkey, "_check_integrity", lambda _self: True)
            oracle = monkey(str(data / below), split=split)
        np.testing.assert_array_equal(oracle.data, samples.images[part])
        assert oracle.labels.tolist() == samples.labels[part].tolist()


def test_other_arrays_of_a_matlab_file_are_passed_by(tmp_path: Path) -> None:
    wanted = pixels(2, 3, 4)
    path = put(tmp_path / "file.mat", matlab({"a": np.eye(3), "text": "words", "X": wanted, "z": np.arange(4)}))
    np.testing.assert_array_equal(read_matlab(path, ("X",), 1000)["X"], wanted)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"y": pixels(2, 1)}, "no array called X"),
        ({"X": np.array([[0.5]])}, "not whole"),
        ({"X": np.array([[256.0]])}, "not whole"),
        ({"X": np.array([[-1.0]])}, "not whole"),
        ({"X": np.array([[np.nan]])}, "not whole"),
        ({"X": np.array([[1 + 2j]])}, "small whole numbers"),
        ({"X": np.array([[1]], np.int64)}, "small whole numbers"),
        ({"X": "words"}, "small whole numbers"),
        ({"X": pixels(2000, 1)}, "claims to be 2000 x 1"),
    ],
)
def test_arrays_of_another_kind_are_refused(tmp_path: Path, variables: dict[str, object], words: str) -> None:
    with pytest.raises(LeptonError, match=words):
        read_matlab(put(tmp_path / "file.mat", matlab(variables)), ("X",), 1000)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoil=st.data())
def test_any_spoiled_matlab_file_is_arrays_or_a_lepton_error(tmp_path: Path, spoil: st.DataObject) -> None:
    packed = spoil.draw(st.booleans())
    content = bytearray(matlab({"X": np.arange(60, dtype=np.uint8).reshape(3, 4, 5), "y": np.eye(2)}, packed))
    for at in spoil.draw(st.lists(st.integers(124, len(content) - 1), min_size=1, max_size=3)):
        content[at] = spoil.draw(st.integers(0, 255))
    content = content[: spoil.draw(st.integers(0, len(content)))] if spoil.draw(st.booleans()) else content
    path = put(tmp_path / "file.mat", bytes(content))
    with contextlib.suppress(LeptonError):
        assert read_matlab(path, ("X",), 10_000)["X"].nbytes <= 10_000


# --- CIFAR-10


def batch(count: int, label: int = -1) -> tuple[bytes, np.ndarray, list[int]]:  # type: ignore[type-arg]
    pictures = pixels(count, 3, 32, 32)
    labels = [label] * count if label >= 0 else RANDOM.integers(0, 10, count).tolist()
    content = b"".join(bytes([each]) + picture.tobytes() for each, picture in zip(labels, pictures, strict=True))
    return content, pictures, labels


CIFAR = {name: batch(number % 2 + 1) for number, name in enumerate(cifar10.BATCHES)}


def cifar_archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def cifar_files(**changes: bytes) -> dict[str, bytes]:
    files = {f"{cifar10.FOLDER}/{name}": content for name, (content, _, _) in CIFAR.items()}
    return {f"{cifar10.FOLDER}/readme.html": b"read me"} | files | changes


def check_cifar(samples: Samples) -> None:
    np.testing.assert_array_equal(samples.images, np.concatenate([pictures for _, pictures, _ in CIFAR.values()]))
    assert samples.labels.tolist() == [label for _, _, labels in CIFAR.values() for label in labels]
    assert samples.is_test.tolist() == [False] * 7 + [True] * 2
    assert samples.class_names[0] == "airplane"
    assert samples.origins[8] == "test_batch.bin, picture 1"


@pytest.mark.parametrize("below", ["", "CIFAR10"])
def test_cifar10_is_read_from_its_archive_in_any_order(data: Path, below: str) -> None:
    files = dict(reversed(cifar_files().items()))
    put(data / below / cifar10.ARCHIVE, cifar_archive(files))
    check_cifar(load_samples(DATASETS["cifar10"]()))
    assert len(list((data / below).iterdir())) == 1


def test_cifar10_is_read_from_the_unpacked_batches(data: Path) -> None:
    for name, content in cifar_files().items():
        put(data / name, content)
    samples = load_samples(DATASETS["cifar10"]())
    check_cifar(samples)
    assert "data_batch_1" in samples.origins[0]


def test_pickles_are_not_opened_and_the_error_says_so(data: Path) -> None:
    put(data / cifar10.PICKLED_FOLDER / "data_batch_1", b"\x80\x04.")
    assert not DATASETS["cifar10"]().is_here()
    with pytest.raises(LeptonError) as caught:
        load_samples(DATASETS["cifar10"]())
    assert "pickles, which can run code" in caught.value.remedy
    assert cifar10.ARCHIVE in caught.value.remedy


FIRST = f"{cifar10.FOLDER}/{cifar10.BATCHES[0]}"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no archive", "damaged"),
        (cifar_archive(cifar_files())[:2000], "damaged"),
        (cifar_archive({}), "is not in it"),
        (cifar_archive({FIRST: batch(1)[0]}), "is not in it"),
        (cifar_archive(cifar_files(**{FIRST: batch(1)[0][:-1]})), "whole records"),
        (cifar_archive(cifar_files(**{FIRST: b""})), "whole records"),
        (cifar_archive(cifar_files(**{FIRST: batch(1, 10)[0]})), "no class"),
        (cifar_archive({f"file {number}": b"" for number in range(100)}), "does not belong"),
        (cifar_archive({"bomb": bytes(cifar10.LARGEST_BATCH + 1)}), "does not belong"),
    ],
    # The archives carry the time when they were made.
    ids=["no archive", "cut off", "empty", "one file", "a byte short", "nothing", "no class", "many", "bomb"],
)
def test_a_damaged_archive_of_cifar10_is_named(data: Path, content: bytes, words: str) -> None:
    path = put(data / cifar10.ARCHIVE, content)
    with pytest.raises(LeptonError) as caught:
        load_samples(DATASETS["cifar10"]())
    assert str(path) in caught.value.what
    assert words in caught.value.what


# --- all of them


def test_a_folder_in_the_place_of_a_file_is_no_file(data: Path) -> None:
    (data / cifar10.ARCHIVE).mkdir()
    assert not DATASETS["cifar10"]().is_here()


def test_a_dataset_knows_how_much_of_its_download_waits(data: Path, tmp_path: Path) -> None:
    kind = PUBLISHED["svhn"]
    assert kind.downloaded_bytes() == 0
    put(tmp_path / "home" / "SVHN" / "train_32x32.mat.part", bytes(1234))
    assert kind.downloaded_bytes() == 1234
