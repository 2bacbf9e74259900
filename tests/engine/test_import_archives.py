"""Zip and tar files are read where they are; whatever is wrong in them is told and never obeyed."""

import io
import os
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lepton_studio.engine.dataset import load_samples
from lepton_studio.engine.datasets.image_folder import ImageFolder
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.examined import Examined
from lepton_studio.engine.import_report import ImportReport
from lepton_studio.engine.importing import examine, import_folder


def png(level: int) -> bytes:
    content = io.BytesIO()
    image = Image.new("L", (28, 28), level)
    image.putpixel((0, 0), 255)
    image.save(content, "PNG")
    return content.getvalue()


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """A zip or tar file by its name."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    with tarfile.open(
        path, "w:" + {".tgz": "gz", ".gz": "gz", ".bz2": "bz2", ".xz": "xz"}.get(path.suffix, "")
    ) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def looked_at(*wanted: Path) -> Examined:
    *_, examined = examine(wanted)
    assert isinstance(examined, Examined)
    examined.close()
    return examined


def verdicts(examined: Examined) -> dict[str, tuple[str, str]]:
    return {file.file: (file.verdict, file.reason) for file in examined.files}


PETS = {"cat/1.png": png(1), "cat/2.png": png(2), "dog/10.png": png(4), "dog/9.png": png(3), "dog/notes.txt": b"woof"}


@pytest.mark.parametrize("name", ["pets.zip", "pets.tar", "pets.tar.gz", "pets.tgz", "pets.tar.bz2", "pets.tar.xz"])
@pytest.mark.parametrize("around", ["", "pets-main/"], ids=["flat", "in a folder"])
def test_an_archive_is_taken_like_the_folder_that_was_packed(
    tmp_path: Path, home: Path, name: str, around: str
) -> None:
    path = pack(tmp_path / name, {f"{around}{file}": content for file, content in PETS.items()})
    *_, report = import_folder(path)
    assert isinstance(report, ImportReport)
    assert report.dataset == "pets"
    samples = load_samples(ImageFolder(report.dataset))
    assert samples.class_names == ("cat", "dog")
    assert samples.images[:, 0, 14, 14].tolist() == [1, 2, 3, 4]
    assert samples.origins == ("cat/1.png", "cat/2.png", "dog/9.png", "dog/10.png")
    assert {file.name for file in (home / "datasets").iterdir()} == {"pets"}
    *_, again = import_folder(path)
    assert isinstance(again, ImportReport)
    assert again.already_here


def test_an_archive_may_hold_a_table_arrays_or_splits(tmp_path: Path) -> None:
    table = {
        "data/labels.csv": b"file,label\n1.png,cat\n2.png,dog\n",
        "data/img/1.png": png(1),
        "data/img/2.png": png(2),
    }
    assert looked_at(pack(tmp_path / "table.zip", table)).class_names == ("cat", "dog")
    arrays = io.BytesIO()
    np.savez(arrays, images=np.zeros((4, 5, 5), np.uint8), labels=[0, 1, 1, 0])
    assert looked_at(pack(tmp_path / "arrays.zip", {"a.npz": arrays.getvalue()})).loaded == 4
    splits = {f"{split}/{name}/1.png": png(9) for split in ("train", "test") for name in ("cat", "dog")}
    assert looked_at(pack(tmp_path / "splits.tar", splits)).splits == {"train": 2, "validation": 0, "test": 2}


def test_names_that_lead_out_and_links_are_reported_and_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../up.png", "/root.png", "cat/../../up.png", "C:/x.png"):
            archive.writestr(name, png(1))
        link = zipfile.ZipInfo("cat/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("cat/good.png", png(2))
    before = sorted(tmp_path.iterdir())
    examined = looked_at(path)
    found = verdicts(examined)
    assert examined.loaded == 1
    assert found["cat/link.png"] == ("report", "is a link, which is not followed")
    for name in ("../up.png", "/root.png", "cat/../../up.png", "C:/x.png"):
        assert found[name] == ("report", "has a name that leads out of the archive")
    assert [file for file in tmp_path.iterdir() if file.name != "home"] == before


def test_links_pipes_and_devices_in_a_tar_file_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (
            ("cat/sym.png", tarfile.SYMTYPE), ("cat/hard.png", tarfile.LNKTYPE), ("cat/pipe.png", tarfile.FIFOTYPE),
            ("cat/device.png", tarfile.CHRTYPE),
        ):  # fmt: skip
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("cat/good.png")
        member.size = len(png(2))
        archive.addfile(member, io.BytesIO(png(2)))
    examined = looked_at(path)
    assert examined.loaded == 1
    assert [verdict for verdict, _ in verdicts(examined).values()].count("report") == 4


def test_a_zip_bomb_is_reported_and_the_rest_is_taken(tmp_path: Path) -> None:
    path = pack(tmp_path / "bomb.zip", {"cat/bomb.png": bytes(50_000_000), "cat/good.png": png(2)})
    assert path.stat().st_size < 100_000
    examined = looked_at(path)
    assert examined.loaded == 1
    assert "zip bomb" in verdicts(examined)["cat/bomb.png"][1]


def test_a_packed_tar_bomb_stops_early(tmp_path: Path, home: Path) -> None:
    path = pack(tmp_path / "bomb.tgz", {"cat/bomb.png": bytes(50_000_000)})
    with pytest.raises(LeptonError, match=r"would grow from [0-9,]+ to more than"):
        looked_at(path)
    assert not list(home.rglob("*.*"))


def test_an_archive_of_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "pets.zip", PETS)
    monkeypatch.setattr("lepton_studio.engine.import_archives.LARGEST_CONTENT", 300)
    with pytest.raises(LeptonError, match="when it is unpacked"):
        looked_at(path)
    monkeypatch.undo()
    monkeypatch.setattr("lepton_studio.engine.import_archives.MOST_FILES", 3)
    for file in (path, pack(tmp_path / "pets.tar", PETS)):
        with pytest.raises(LeptonError, match="more than 3 files"):
            looked_at(file)


def test_a_zip_that_lies_about_sizes_gives_no_more_than_it_says(tmp_path: Path) -> None:
    content = bytearray(pack(tmp_path / "liar.zip", {"cat/a.png": bytes(5_000_000), "cat/b.png": png(3)}).read_bytes())
    # The size without packing, in the entry at the end of the file: 24 bytes behind its start.
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    (tmp_path / "liar.zip").write_bytes(content)
    examined = looked_at(tmp_path / "liar.zip")
    assert examined.loaded == 1
    assert verdicts(examined)["cat/a.png"][0] == "report"


def test_a_locked_file_is_told(tmp_path: Path) -> None:
    content = bytearray(pack(tmp_path / "locked.zip", {"cat/a.png": png(1), "cat/b.png": png(3)}).read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(content)
    assert verdicts(looked_at(tmp_path / "locked.zip"))["cat/a.png"] == ("report", "is locked with a password")


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data(), name=st.sampled_from(["odd.zip", "odd.tar", "odd.tgz"]))
def test_any_bytes_are_an_archive_or_are_told(data: st.DataObject, name: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = pack(Path(place) / name, PETS)
        content = bytearray(path.read_bytes())
        for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
            content[position] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.just(len(content)) | st.integers(0, len(content)))])
        try:
            examined = looked_at(path)
        except LeptonError as error:
            complaint = error.what
        else:
            complaint = name
            assert examined.loaded <= 4
        assert name in complaint
        assert os.listdir(place) == [name]  # noqa: PTH208 - names only


def test_names_that_are_no_text_are_shown_as_far_as_they_can_be(tmp_path: Path) -> None:
    path = pack(tmp_path / "odd.tar", {"caf\udce9/1.png": png(1), "数字/2.png": png(2)})
    *_, report = import_folder(path)
    assert isinstance(report, ImportReport)
    names = load_samples(ImageFolder(report.dataset)).class_names
    assert sorted(names) == ["caf\N{REPLACEMENT CHARACTER}", "数字"]
