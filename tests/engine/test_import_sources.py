"""Tables, arrays, IDX files and folders for splits come in with the right labels, splits and greys."""

import gzip
import io
import struct
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.image_folder import ImageFolder
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.examined import Examined
from lepton_studio.engine.found_files import found_at
from lepton_studio.engine.import_report import ImportOptions, ImportReport
from lepton_studio.engine.import_sources import array_files, idx_pairs
from lepton_studio.engine.import_sources.array_files import label_texts
from lepton_studio.engine.import_sources.idx_pairs import read_any_idx
from lepton_studio.engine.import_sources.tables import rows_of
from lepton_studio.engine.importing import examine, import_paths

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def save(path: Path, level: int, size: tuple[int, int] = (28, 28)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", size, level)
    image.putpixel((0, 0), 255)
    image.save(path)
    return path


def bring_in(*wanted: Path, side: int = 0) -> tuple[ImportReport, Samples]:
    *progress, report = import_paths(wanted, options=ImportOptions(side=side))  # type: ignore[arg-type]
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(report, ImportReport)
    return report, load_samples(ImageFolder(report.dataset))


def looked_at(*wanted: Path) -> Examined:
    *_, examined = examine(wanted)
    assert isinstance(examined, Examined)
    examined.close()
    return examined


def verdicts(files: tuple[object, ...]) -> dict[str, tuple[str, str]]:
    return {file.file: (file.verdict, file.reason) for file in files}  # type: ignore[attr-defined]


def centres(samples: Samples) -> list[int]:
    """What tells the pictures of ``save`` apart."""
    return [int(level) for level in samples.images[:, 0, 14, 14]]


# --- folders


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("Training", "valid", "testing"), ("train", "validation", "test")]
)
def test_folders_for_splits_set_pictures_aside(tmp_path: Path, names: tuple[str, str, str]) -> None:
    for split, count in zip(names, (5, 3, 2), strict=True):
        for label in ("cat", "dog"):
            for number in range(count):
                save(tmp_path / "pets" / split / label / f"{number}.png", 10 * count + number)
    examined = looked_at(tmp_path / "pets")
    assert examined.splits == {"train": 10, "validation": 6, "test": 4}
    assert [(one.name, one.pictures, one.validation, one.test) for one in examined.classes] == [
        ("cat", 10, 3, 2), ("dog", 10, 3, 2),
    ]  # fmt: skip
    _, samples = bring_in(tmp_path / "pets")
    assert samples.class_names == ("cat", "dog")
    assert samples.is_validation is not None
    by_split = {int(level) // 10: "" for level in centres(samples)}
    assert by_split.keys() == {5, 3, 2}
    levels = np.array(centres(samples)) // 10
    assert np.array_equal(samples.is_test, levels == 2)
    assert np.array_equal(samples.is_validation, levels == 3)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    for name in ("train", "bus", "test"):
        save(tmp_path / "traffic" / name / "sub" / "1.png", 9)
    examined = looked_at(tmp_path / "traffic")
    assert examined.class_names == ("bus", "test", "train")
    assert not examined.has_splits


def test_without_test_pictures_some_are_drawn_from_training_and_none_from_validation(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for number in range(10):
            save(tmp_path / "pets" / split / "cat" / f"{number}.png", number + (100 if split == "val" else 0))
    _, samples = bring_in(tmp_path / "pets")
    assert samples.is_validation is not None
    assert samples.is_test.sum() == 2
    assert samples.is_validation.sum() == 10
    assert not (samples.is_test & samples.is_validation).any()


def test_several_folders_are_classes_and_loose_files_are_reported(tmp_path: Path) -> None:
    cat, dog = save(tmp_path / "a" / "cat" / "1.png", 1).parent, save(tmp_path / "b" / "dog" / "2.png", 2).parent
    report, samples = bring_in(dog, cat, save(tmp_path / "loose.png", 3))
    assert samples.class_names == ("cat", "dog")
    assert sorted(samples.origins) == ["cat/1.png", "dog/2.png"]
    assert verdicts(report.files)["loose.png"][0] == "report"


# --- tables


@pytest.mark.parametrize(
    "text",
    [
        "file,label\na.png,cat\nsub/b.png,dog\n",
        "\ufefffilename;class\r\na.png;cat\r\nsub\\b.png;dog\r\n",
        "id\tpath\ttarget\n1\ta.png\tcat\n2\t./sub/b.png\tdog\n",
        "a.png,cat\nsub/b.png,dog\n",
        "cat|a.png\ndog|sub/b.png\n",
        'Image,Label\n"a.png","cat"\n\n"sub/b.png","dog"\n',
        "image,label\na,cat\nsub/b,dog\n",
    ],
    ids=["comma", "bom and semicolon", "tabs", "no header", "label first", "quoted", "no suffix"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_gives_each_file_its_label(tmp_path: Path, text: str, encoding: str) -> None:
    save(tmp_path / "a.png", 1)
    save(tmp_path / "sub" / "b.png", 2)
    save(tmp_path / "other.png", 3)
    table = tmp_path / "labels.csv"
    table.write_bytes(text.lstrip("\ufeff").encode("utf-16") if encoding == "utf-16" else text.encode())
    for wanted in (table, tmp_path):
        examined = looked_at(wanted)
        assert examined.class_names == ("cat", "dog")
        assert examined.labels.tolist() == [0, 1]
    assert verdicts(looked_at(tmp_path).files)["other.png"] == ("ignore", "is not in the table")


def test_a_table_says_splits_and_names_of_any_script(tmp_path: Path) -> None:
    for number, name in enumerate(("ä.png", "数.png", "c.png", "d.png")):
        save(tmp_path / name, number + 1)
    table = tmp_path / "t.csv"
    table.write_text(
        "file,label,split\nä.png,größe,train\n数.png,三,test\nc.png,三,val\nd.png,三,later\n", encoding="utf-8"
    )
    report, samples = bring_in(table)
    assert samples.class_names == ("größe", "三")
    assert samples.is_test.tolist() == [False, True, False, False]
    assert samples.is_validation is not None
    assert samples.is_validation.tolist() == [False, False, True, False]
    assert samples.origins == ("ä.png", "数.png", "c.png", "d.png")
    assert verdicts(report.files)["d.png"] == ("load", "the split 'later' is not known")


def test_what_a_table_names_and_is_not_there_or_lies_outside_is_reported(tmp_path: Path) -> None:
    save(tmp_path / "outside.png", 5)
    save(tmp_path / "in" / "a.png", 1)
    rows = [
        "file,label",
        "a.png,x",
        "gone.png,x",
        "../outside.png,x",
        f"{tmp_path}/outside.png,x",
        "C:\\a.png,x",
        "a.png,",
    ]
    (tmp_path / "in" / "t.csv").write_text("\n".join(rows))
    found = verdicts(looked_at(tmp_path / "in" / "t.csv").files)
    assert found["a.png"][0] == "load"
    assert found["gone.png"] == ("report", "is in the table, but there is no such file")
    for name in ("../outside.png", f"{tmp_path}/outside.png", "C:\\a.png"):
        assert found[name] == ("report", "lies outside the folder of the table")


def test_a_link_in_a_table_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    save(tmp_path / "secret.png", 5)
    save(tmp_path / "in" / "a.png", 1)
    try:
        (tmp_path / "in" / "b.png").symlink_to(tmp_path / "secret.png")
    except OSError:
        pytest.skip("this system makes no links")
    (tmp_path / "in" / "t.csv").write_text("file,label\na.png,x\nb.png,x\n")
    for wanted in (tmp_path / "in" / "t.csv", tmp_path / "in"):
        examined = looked_at(wanted)
        assert examined.loaded == 1
        assert "outside" in verdicts(examined.files)["b.png"][1]


def test_one_table_for_each_split(tmp_path: Path) -> None:
    for name, level in (("a.png", 1), ("b.png", 2)):
        save(tmp_path / "images" / name, level)
    (tmp_path / "train.csv").write_text("image,label\na.png,x\n")
    (tmp_path / "test.csv").write_text("image,label\nb.png,x\n")
    _, samples = bring_in(tmp_path)
    assert dict(zip(centres(samples), samples.is_test.tolist(), strict=True)) == {1: False, 2: True}


def test_a_table_without_labels_says_which_columns_it_has(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,size\na.png,3\n")
    examined = looked_at(tmp_path / "t.csv")
    assert examined.loaded == 0
    assert "its columns are file, size" in verdicts(examined.files)["t.csv"][1]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_table_or_are_told(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        table = Path(place) / "t.csv"
        table.write_bytes(content)
        examined = looked_at(table)
        assert examined.loaded == 0
        assert "t.csv" in verdicts(examined.files)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)] * 2),
        min_size=1,
        max_size=6,
    )
)
def test_what_python_writes_as_a_table_is_read_back(rows: list[tuple[str, str]]) -> None:
    import csv

    with tempfile.TemporaryDirectory() as place:
        table = Path(place) / "t.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("file", "label"), *rows])
        wanted = [(name.strip(), label.strip(), "") for name, label in rows if name.strip()]
        assert rows_of(found_at(table, "t.csv")) == wanted


# --- arrays


def noise(count: int, *shape: int, high: int = 256) -> np.ndarray:
    return np.random.default_rng(3).integers(0, high, (count, *shape), np.uint8)


@pytest.mark.parametrize(
    "layout",
    [
        {"images": (6, 28, 28), "labels": (6,)}, {"x": (6, 28, 28, 1), "y": (6, 1)}, {"X": (6, 1, 28, 28), "Y": (6,)},
        {"data": (6, 28, 28), "targets": (6,)}, {"arr_0": (6, 28, 28), "arr_1": (6,)},
    ],
)  # fmt: skip
def test_arrays_under_common_names_are_taken_as_they_are(tmp_path: Path, layout: dict[str, tuple[int, ...]]) -> None:
    (image_name, image_shape), (label_name, label_shape) = layout.items()
    images, labels = noise(6, 28, 28), np.arange(6) % 3
    np.savez(tmp_path / "a.npz", **{image_name: images.reshape(image_shape), label_name: labels.reshape(label_shape)})
    _, samples = bring_in(tmp_path / "a.npz")
    assert np.array_equal(samples.images[:, 0], images)
    assert samples.labels.tolist() == labels.tolist()
    assert samples.class_names == ("0", "1", "2")


@pytest.mark.parametrize("is_last", [True, False], ids=["channels last", "channels first"])
def test_coloured_arrays_keep_their_colours(tmp_path: Path, is_last: bool) -> None:
    images = noise(4, 32, 32, 3)
    np.savez(tmp_path / "c.npz", x=images if is_last else images.transpose(0, 3, 1, 2), y=["b", "a", "b", "a"])
    _, samples = bring_in(tmp_path / "c.npz")
    assert np.array_equal(samples.images, images.transpose(0, 3, 1, 2))
    assert samples.class_names == ("a", "b")
    assert samples.labels.tolist() == [1, 0, 1, 0]


def grey_cases() -> list[tuple[str, np.ndarray, np.ndarray]]:
    base = noise(4, 28, 28)
    wide = np.random.default_rng(1).integers(0, 65536, (4, 28, 28), np.uint16)
    return [
        ("uint8", base, base),
        ("bool", base > 99, (base > 99) * np.uint8(255)),
        ("uint16", wide, np.rint(wide / 257).astype(np.uint8)),
        ("dark uint16", wide // 60, np.rint((wide // 60) / 257).astype(np.uint8)),
        ("int64", base.astype(np.int64), base),
        ("float 0..1", base / np.float32(255), base),
        ("float 0..255", base.astype(np.float64), base),
    ]


@pytest.mark.parametrize(
    ("images", "greys"), [case[1:] for case in grey_cases()], ids=[case[0] for case in grey_cases()]
)
def test_every_kind_of_number_keeps_its_range(tmp_path: Path, images: np.ndarray, greys: np.ndarray) -> None:
    np.savez(tmp_path / "g.npz", images=images, labels=[0, 1, 0, 1])
    _, samples = bring_in(tmp_path / "g.npz")
    assert np.array_equal(samples.images[:, 0], greys)


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"images": np.zeros((3, 4, 4)) - 1, "labels": np.zeros(3)}, "-1 to -1"),
        ({"images": np.full((3, 4, 4), np.nan), "labels": np.zeros(3)}, "NaN"),
        ({"images": np.zeros((3, 4, 4)), "labels": np.zeros(4)}, "3 pictures, 'labels' 4 labels"),
        ({"images": np.zeros((3, 4, 4))}, "no labels for 'images'"),
        ({"photos": np.zeros((3, 4, 4))}, "called like pictures"),
        ({"images": np.zeros((3, 5, 5, 7)), "labels": np.zeros(3)}, "1, 3 or 4 channels"),
        ({"images": np.zeros((3, 4, 4)), "labels": np.array([0.5, 1, 2])}, "whole numbers"),
        ({"images": np.zeros((3, 4, 4)), "labels": np.array([None, 1, 2])}, "Python objects"),
    ],
)  # fmt: skip
def test_arrays_that_are_no_pictures_with_labels_are_told(
    tmp_path: Path, arrays: dict[str, np.ndarray], complaint: str
) -> None:
    np.savez(tmp_path / "w.npz", **arrays)  # type: ignore[arg-type]
    examined = looked_at(tmp_path / "w.npz")
    assert examined.loaded == 0
    verdict, reason = verdicts(examined.files)["w.npz"]
    assert verdict == "report"
    assert complaint in reason


def test_the_arrays_of_each_split_and_the_names_of_classes_are_taken(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "m.npz", x_train=noise(5, 8, 8), y_train=[0, 1, 1, 2, 2], x_val=noise(2, 8, 8), y_val=[0, 1],
        x_test=noise(3, 8, 8), y_test=[2, 2, 0], class_names=["zebra", "ant", "bee"],
    )  # fmt: skip
    _, samples = bring_in(tmp_path / "m.npz")
    assert samples.class_names == ("zebra", "ant", "bee")
    assert samples.is_test.tolist() == [False] * 7 + [True] * 3
    assert samples.is_validation is not None
    assert samples.is_validation.tolist() == [False] * 5 + [True] * 2 + [False] * 3
    assert samples.origins[5] == "m.npz x_val[0]"
    assert samples.sizes is not None
    assert samples.sizes.tolist() == [[8, 8]] * 10


def test_one_hot_labels_are_the_largest_of_their_row() -> None:
    assert label_texts(np.eye(3)[[2, 0, 1]]).tolist() == ["2", "0", "1"]
    with pytest.raises(ValueError, match="several columns"):
        label_texts(np.ones((4, 3)))


def test_labels_that_are_no_text_are_shown_as_far_as_they_can_be() -> None:
    assert label_texts(np.array([b"caf\xe9", b"tea"])).tolist() == ["caf\N{REPLACEMENT CHARACTER}", "tea"]
    assert label_texts(np.array(["\ud800", "tea"])).tolist() == ["?", "tea"]


def test_an_array_that_promises_more_than_it_holds_takes_no_memory(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**12, 28, 28)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
        archive.writestr("images.npy", header.getvalue())
        archive.writestr("labels.npy", header.getvalue())
    reason = verdicts(looked_at(tmp_path / "bomb.npz").files)["bomb.npz"][1]
    assert "promises more than it holds" in reason


def test_pictures_with_an_empty_label_are_left_out_and_told(tmp_path: Path) -> None:
    labels = np.array(["cat", "", "dog", " ", "cat", "dog"])
    np.savez(tmp_path / "a.npz", images=noise(6, 8, 8), labels=labels)
    examined = looked_at(tmp_path / "a.npz")
    assert verdicts(examined.files)["a.npz"] == ("load", "4 pictures; 2 have no label and are left out")
    assert (examined.loaded, examined.class_names) == (4, ("cat", "dog"))
    np.savez(tmp_path / "none.npz", images=noise(2, 8, 8), labels=np.array(["", ""]))
    assert verdicts(looked_at(tmp_path / "none.npz").files)["none.npz"][0] == "report"


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_told(tmp_path: Path, odd: float) -> None:
    images = noise(2, 8, 8) / 255
    images[0, 0, 0] = odd
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(2))
    assert "NaN) or infinite" in verdicts(looked_at(tmp_path / "a.npz").files)["a.npz"][1]


def test_arrays_that_grow_without_measure_take_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = np.zeros((400, 28, 28), np.uint8), np.arange(400) % 2
    np.savez_compressed(tmp_path / "flat.npz", images=images, labels=labels)
    assert looked_at(tmp_path / "flat.npz").loaded == 400
    monkeypatch.setattr(array_files, "HARMLESS_ARRAYS", 200_000)
    (tmp_path / "flat.npz").touch()
    reason = verdicts(looked_at(tmp_path / "flat.npz").files)["flat.npz"][1]
    assert "'images.npy' would grow from" in reason


def packed_arrays() -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, images=noise(3, 4, 4), labels=np.arange(3))
    return content.getvalue()


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_bytes_are_arrays_or_are_told(data: st.DataObject) -> None:
    content = bytearray(packed_arrays())
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
        content[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "a.npz"
        path.write_bytes(content[:cut])
        examined = looked_at(path)
        assert (examined.loaded > 0) == (verdicts(examined.files)["a.npz"][0] == "load")


@pytest.mark.parametrize("name", ["medmnist/breastmnist.npz", "medmnist/pneumoniamnist.npz", "USPS/usps.npz"])
def test_published_arrays_come_in_whole(name: str) -> None:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    with np.load(path) as arrays:
        splits = [split for split in ("train", "val", "test") if f"{split}_images" in arrays]
        images = np.concatenate([arrays[f"{split}_images"] for split in splits])
        labels = np.concatenate([arrays[f"{split}_labels"].ravel() for split in splits])
        test, validation = len(arrays["test_labels"]), len(arrays["val_labels"]) if "val" in splits else 0
    _, samples = bring_in(path)
    assert [samples.class_names[label] for label in samples.labels] == [str(label) for label in labels]
    assert samples.is_test.sum() == test
    assert (0 if samples.is_validation is None else samples.is_validation.sum()) == validation
    # The arrays of each split come in their own order; those of 28 x 28 are not touched.
    if images.shape[1:] == (28, 28):
        assert np.array_equal(samples.images[:, 0], images)


# --- IDX


def idx_bytes(array: np.ndarray, kind: int = 8) -> bytes:
    sides = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, kind, array.ndim]) + sides + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("is_packed", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("side", [28, 40])
def test_idx_files_come_in_by_folder_or_by_file(tmp_path: Path, is_packed: bool, side: int) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    wanted = {}
    for split, count in (("train", 6), ("t10k", 3)):
        images, labels = noise(count, side, side), np.arange(count, dtype=np.uint8) % 3
        wanted[split] = images
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            content = idx_bytes(array)
            path = folder / f"{split}-{name}-ubyte{'.gz' if is_packed else ''}"
            path.write_bytes(gzip.compress(content) if is_packed else content)
    report, samples = bring_in(folder, side=28 if side == 28 else 48)
    assert report.loaded == 9
    assert Counter(samples.is_test.tolist()) == {False: 6, True: 3}
    assert samples.class_names == ("0", "1", "2")
    if side == 28:
        assert np.array_equal(samples.images[~samples.is_test, 0], wanted["train"])
        assert np.array_equal(samples.images[samples.is_test, 0], wanted["t10k"])
    one = looked_at(next(folder.glob("t10k-images*")))
    assert (one.loaded, one.largest) == (3, (side, side))


@pytest.mark.parametrize(
    ("kind", "type_"), [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_every_kind_of_idx_number_is_read(tmp_path: Path, kind: int, type_: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(type_)
    (tmp_path / "a").write_bytes(idx_bytes(array, kind))
    read = read_any_idx(found_at(tmp_path / "a", "a"))
    assert read.dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(read, array)


def test_idx_that_grows_without_measure_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((400, 28, 28), np.uint8))))
    assert len(read_any_idx(found_at(path, "a"))) == 400
    monkeypatch.setattr(idx_pairs, "HARMLESS_ARRAYS", 200_000)
    with pytest.raises(ValueError, match="would grow from"):
        read_any_idx(found_at(path, "a"))


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_bytes_are_idx_or_are_refused(data: st.DataObject) -> None:
    content = bytearray(idx_bytes(noise(2, 3, 4)))
    for position in data.draw(st.lists(st.integers(0, 15), max_size=3)):
        content[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "a-images"
        path.write_bytes(content[:cut] if data.draw(st.booleans()) else gzip.compress(bytes(content))[:cut])
        try:
            array = read_any_idx(found_at(path, "a"))
        except (ValueError, OSError, EOFError, LeptonError):
            array = None
        assert array is None or array.nbytes <= len(content)
        assert looked_at(path).loaded == 0
