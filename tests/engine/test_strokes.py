"""From a drawing or a picture file to the image that the network was taught on."""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.strokes import Picture, Stroke, read_picture, render_strokes

DIGIT = (1, 28, 28)
SEVEN = (Stroke(((10, 10), (60, 12), (30, 95)), 8.0), Stroke(((22, 50), (55, 50)), 8.0))
# The file is damaged; what Pillow says of it beside the exception is of no interest.
quiet = pytest.mark.filterwarnings("ignore")


@cache
def digits() -> Samples:
    return load_samples(BundledDigits())


def moved(strokes: tuple[Stroke, ...], factor: float = 1.0, x: float = 0.0, y: float = 0.0) -> tuple[Stroke, ...]:
    return tuple(
        Stroke(tuple((px * factor + x, py * factor + y) for px, py in stroke.points), stroke.width * factor)
        for stroke in strokes
    )


def box(picture: Picture) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of the ink, ends included."""
    rows, columns = np.nonzero(picture.max(axis=0))
    return rows.min(), rows.max(), columns.min(), columns.max()


def centre(picture: Picture) -> tuple[float, float]:
    """Row and column of the centre of mass, counted like pixels: MNIST has it at (14, 14)."""
    weights = picture[0].astype(float)
    rows, columns = np.indices(weights.shape)
    return float((weights * rows).sum() / weights.sum()), float((weights * columns).sum() / weights.sum())


def assert_settled(picture: Picture, fills: bool = True) -> None:
    """Checks what MNIST's makers did: a box of 20 pixels, the mass in the middle of the frame.

    A drawing no longer than its pen is wide stays a dot and does not fill the box.
    """
    _, height, width = picture.shape
    target = 20 / 28 * min(height, width)
    top, bottom, left, right = box(picture)
    longest = max(bottom - top, right - left) + 1
    # Grey edges may add a pixel on either side.
    assert longest <= target + 2
    assert longest >= target - 1 or not fills
    row, column = centre(picture)
    # Lopsided ink is centred as far as the frame allows.
    assert abs(row - height / 2) <= 0.6 or top == 0 or bottom == height - 1
    assert abs(column - width / 2) <= 0.6 or left == 0 or right == width - 1


@pytest.mark.parametrize("strokes", [(), (Stroke((), 5.0),)])
@pytest.mark.parametrize("shape", [DIGIT, (3, 16, 24)])
def test_an_empty_drawing_is_an_empty_picture(strokes: tuple[Stroke, ...], shape: tuple[int, ...]) -> None:
    picture = render_strokes(strokes, shape)
    assert picture.shape == shape
    assert picture.dtype == np.uint8
    assert not picture.any()


def test_a_drawing_fills_the_box_with_its_mass_in_the_middle() -> None:
    picture = render_strokes(SEVEN)
    assert picture.shape == DIGIT
    assert picture.max() == 255
    assert_settled(picture)
    assert centre(picture) == pytest.approx((14, 14), abs=0.1)


def test_a_drawing_keeps_its_shape() -> None:
    picture = render_strokes((Stroke(((0, 0), (0, 100)), 5.0), Stroke(((0, 100), (60, 100)), 5.0)))[0]
    top, bottom, left, right = box(picture[None])
    # An L: ink at the left and along the bottom, none at the top right.
    assert picture[top + 2 : bottom - 4, left : left + 3].max(axis=1).min() > 200
    assert picture[bottom - 2 : bottom + 1, left + 2 : right - 1].max(axis=0).min() > 200
    assert picture[top : bottom - 5, left + 6 :].max() == 0


@pytest.mark.parametrize(("x", "y"), [(0.25, -0.75), (-5000, 3000), (1e6, 1e6), (-1e9, 1e9)])
def test_where_a_drawing_is_makes_no_difference(x: float, y: float) -> None:
    expected = render_strokes(SEVEN).astype(int)
    assert np.abs(render_strokes(moved(SEVEN, x=x, y=y)) - expected).max() <= 40
    assert np.abs(render_strokes(moved(SEVEN, x=x, y=y)) - expected).mean() < 0.5


@pytest.mark.parametrize("factor", [1e-6, 0.01, 0.3, 1.7, 10, 1234.5, 1e6])
def test_how_large_a_drawing_is_makes_no_difference(factor: float) -> None:
    expected = render_strokes(SEVEN).astype(int)
    assert np.abs(render_strokes(moved(SEVEN, factor)) - expected).max() <= 40
    assert np.abs(render_strokes(moved(SEVEN, factor)) - expected).mean() < 0.5


@pytest.mark.parametrize("width", [0.01, 1, 8, 20, 80])
def test_any_brush_gives_strokes_as_thick_as_those_of_the_training_set(width: float) -> None:
    picture = render_strokes((Stroke(((0, 0), (0, 100)), width),))[0]
    thickness = picture[8:20].sum(axis=1) / 255
    assert thickness.min() > 1.3
    assert thickness.max() < 4.5


@pytest.mark.parametrize("width", [0.5, 8.0, 200.0])
def test_a_single_dot_is_a_round_mark_in_the_middle(width: float) -> None:
    picture = render_strokes((Stroke(((123.0, -45.0),), width),))
    top, bottom, left, right = box(picture)
    assert abs((bottom - top) - (right - left)) <= 1
    assert centre(picture) == pytest.approx((14, 14), abs=0.1)
    assert picture[0, 14, 14] == 255
    assert picture[0, top, left] == 0
    assert bottom - top <= 4


def test_the_order_of_strokes_makes_no_difference() -> None:
    assert np.array_equal(render_strokes(SEVEN), render_strokes(SEVEN[::-1]))


@pytest.mark.parametrize("shape", [(1, 14, 14), (1, 28, 40), (1, 40, 28), (1, 64, 32), (3, 32, 32), (1, 1, 1)])
def test_any_input_shape_is_filled(shape: tuple[int, int, int]) -> None:
    picture = render_strokes(SEVEN, shape)
    assert picture.shape == shape
    assert picture.flags.c_contiguous
    assert all(np.array_equal(picture[0], channel) for channel in picture)
    if min(shape[1:]) > 1:
        assert_settled(picture)


coordinates = st.floats(-1e6, 1e6, allow_nan=False)


@settings(max_examples=60)
@given(
    strokes=st.lists(
        st.builds(
            lambda points, width: Stroke(tuple(points), width),
            st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=5),
            st.floats(0, 1e4),
        ),
        min_size=1,
        max_size=3,
    ),
    shape=st.sampled_from([DIGIT, (3, 20, 31), (1, 8, 8)]),
)
def test_any_drawing_is_a_picture_inside_its_frame(strokes: list[Stroke], shape: tuple[int, int, int]) -> None:
    picture = render_strokes(tuple(strokes), shape)
    assert picture.shape == shape
    assert picture.dtype == np.uint8
    assert picture.any()
    points = np.array([point for stroke in strokes for point in stroke.points])
    long = np.ptp(points, axis=0).max() > max(stroke.width for stroke in strokes)
    assert_settled(picture, fills=bool(long))


@pytest.mark.parametrize("number", range(0, 5000, 97))
def test_a_digit_of_the_training_set_comes_back_unchanged(number: int, tmp_path: Path) -> None:
    original = digits().images[number]
    Image.fromarray(original[0]).save(tmp_path / "digit.png")
    assert np.array_equal(read_picture(tmp_path / "digit.png", DIGIT, is_ink=True), original)
    Image.fromarray(255 - original[0]).save(tmp_path / "dark_on_light.png")
    assert np.array_equal(read_picture(tmp_path / "dark_on_light.png", DIGIT, is_ink=True), original)


def test_photographs_lie_where_the_training_set_lies(tmp_path: Path) -> None:
    places = []
    for number in range(0, 5000, 250):
        paper(number).save(tmp_path / "photo.png")
        picture = read_picture(tmp_path / "photo.png", DIGIT, is_ink=True)
        places.append(np.subtract(centre(picture), centre(digits().images[number])))
    # The makers of MNIST moved by whole pixels, so each may differ by half of one, but not all of them.
    assert np.abs(places).max() <= 0.7
    assert np.abs(np.mean(places, axis=0)).max() < 0.2


def likeness(picture: Picture, original: Picture) -> float:
    return float(np.corrcoef(picture.ravel(), original.ravel())[0, 1])


def paper(number: int, dark: bool = True, level: int = 225) -> Image.Image:
    """A digit as a photograph: large, off the middle, on paper that is not quite white."""
    ink = Image.fromarray(digits().images[number][0]).resize((224, 224), Image.Resampling.BICUBIC)
    sheet = Image.new("L", (500, 400), 0)
    sheet.paste(ink, (230, 40))
    values = np.asarray(sheet, dtype=float) * (level - 20) / 255
    return Image.fromarray((level - values if dark else values + 20).astype(np.uint8))


@pytest.mark.parametrize("dark", [True, False], ids=["dark on light", "light on dark"])
@pytest.mark.parametrize("number", [0, 601, 1203, 1804, 2405, 3006, 3607, 4208, 4609, 4999])
def test_a_photographed_digit_looks_like_the_training_set(number: int, dark: bool, tmp_path: Path) -> None:
    paper(number, dark).save(tmp_path / "photo.png")
    picture = read_picture(tmp_path / "photo.png", DIGIT, is_ink=True)
    assert_settled(picture)
    assert likeness(picture, digits().images[number]) > 0.9


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "CMYK", "I;16", "I", "F"])
def test_every_kind_of_pixel_gives_the_same_picture(mode: str, tmp_path: Path) -> None:
    grey = paper(1203)
    path = tmp_path / "picture.tif"
    if mode == "I;16":
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 250).save(path)
    else:
        grey.convert("RGB" if mode == "CMYK" else "L").convert(mode).save(path)
    picture = read_picture(path, DIGIT, is_ink=True)
    assert likeness(picture, digits().images[1203]) > 0.9


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (200, 30, 30)], ids=["black", "white", "red"])
def test_ink_on_a_transparent_ground_is_seen(ink: tuple[int, int, int], tmp_path: Path) -> None:
    alpha = Image.fromarray(digits().images[1203][0]).resize((280, 280), Image.Resampling.BICUBIC)
    drawing = Image.new("RGBA", alpha.size, ink)
    drawing.putalpha(alpha)
    drawing.save(tmp_path / "drawing.png")
    picture = read_picture(tmp_path / "drawing.png", DIGIT, is_ink=True)
    assert likeness(picture, digits().images[1203]) > 0.85


def test_a_photograph_taken_sideways_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    paper(1203).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    picture = read_picture(tmp_path / "phone.jpg", DIGIT, is_ink=True)
    assert likeness(picture, digits().images[1203]) > 0.9


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_without_ink_is_empty(level: int, tmp_path: Path) -> None:
    Image.new("L", (50, 60), level).save(tmp_path / "blank.png")
    assert not read_picture(tmp_path / "blank.png", DIGIT, is_ink=True).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2)])
@pytest.mark.parametrize("is_ink", [True, False])
def test_the_smallest_and_the_narrowest_pictures_are_read(size: tuple[int, int], is_ink: bool, tmp_path: Path) -> None:
    image = Image.new("L", size, 0)
    image.putpixel((0, 0), 255)
    image.save(tmp_path / "thin.png")
    assert read_picture(tmp_path / "thin.png", DIGIT, is_ink).shape == DIGIT


def test_a_photograph_of_a_thing_is_fitted_into_the_frame_and_not_turned_over(tmp_path: Path) -> None:
    image = Image.new("RGB", (80, 40), (250, 128, 3))
    image.save(tmp_path / "thing.png")
    picture = read_picture(tmp_path / "thing.png", (3, 32, 32), is_ink=False)
    assert picture.shape == (3, 32, 32)
    assert picture[:, 16, 16].tolist() == [250, 128, 3]
    assert picture[:, :7].max() == picture[:, -7:].max() == 0
    grey = read_picture(tmp_path / "thing.png", (1, 32, 32), is_ink=False)
    assert grey[0, 16, 16] == np.asarray(ImageOps.grayscale(image))[0, 0]


def test_a_large_photograph_is_scaled_down(tmp_path: Path) -> None:
    paper(1203).resize((4000, 3200)).save(tmp_path / "large.jpg", quality=80)
    picture = read_picture(tmp_path / "large.jpg", DIGIT, is_ink=True)
    assert likeness(picture, digits().images[1203]) > 0.9


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claimed_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it is this large."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def refusal(path: Path) -> LeptonError:
    with pytest.raises(LeptonError) as caught:
        read_picture(path, DIGIT, is_ink=True)
    assert str(path) in caught.value.what
    assert caught.value.remedy
    return caught.value


def test_a_picture_too_large_to_unpack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(claimed_png(60_000, 60_000))
    assert "too large a picture" in refusal(tmp_path / "bomb.png").what


@quiet
@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 5), (2**31 - 1, 2**31 - 1), (9_000, 9_000)])
def test_a_picture_that_lies_about_its_size_is_refused(width: int, height: int, tmp_path: Path) -> None:
    (tmp_path / "liar.png").write_bytes(claimed_png(width, height))
    said = refusal(tmp_path / "liar.png").what
    assert any(words in said for words in ("too large", "cannot be read", "is no image", "damaged")), said


def test_what_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "nowhere.png").what
    for name, content in {"empty.png": b"", "text.png": b"hello", "page.jpg": b"<html></html>"}.items():
        (tmp_path / name).write_bytes(content)
        assert "is no image that can be read" in refusal(tmp_path / name).what
    assert "is no plain file" in refusal(tmp_path).what


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "is no plain file" in refusal(tmp_path / "pipe.png").what


def test_what_the_system_refuses_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.png").write_bytes(encoded("PNG"))

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)
    assert "cannot be read: Permission denied." in refusal(tmp_path / "mine.png").what


@quiet
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_truncated_picture_is_refused(kind: str, tmp_path: Path) -> None:
    content = encoded(kind)
    path = tmp_path / f"cut.{kind.lower()}"
    for share in (0.05, 0.3, 0.6):
        path.write_bytes(content[: int(share * len(content))])
        said = refusal(path).what
        assert any(words in said for words in ("cannot be read", "is no image", "damaged", "truncated")), said


@cache
def encoded(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 24, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    noise.save(buffer, kind, **({"exif": exif} if kind in ("PNG", "JPEG", "TIFF", "WEBP") else {}))
    return buffer.getvalue()


@quiet
@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "SGI", "PCX"]),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.floats(0, 1),
    is_ink=st.booleans(),
)
def test_a_picture_with_any_bytes_changed_is_read_or_refused_in_words(
    kind: str,
    changes: list[tuple[float, int]],
    cut: float,
    is_ink: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    content = bytearray(encoded(kind))
    for place, byte in changes:
        # Squared, because most of what can go wrong stands at the beginning.
        content[int(place**2 * len(content))] = byte
    path = tmp_path_factory.getbasetemp() / "changed.img"
    path.write_bytes(content if cut > 0.3 else content[: int(cut * 3 * len(content))])
    try:
        assert read_picture(path, DIGIT, is_ink).shape == DIGIT
    except LeptonError as error:
        assert str(path) in error.what  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "error", [struct.error("bad"), AttributeError("stkoffset"), KeyError(3), ZeroDivisionError(), zlib.error("bad")]
)
def test_whatever_a_reader_raises_for_a_damaged_file_is_told_in_words(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Seen with changed bytes in the EXIF part of a JPEG and in SPIDER files, and likely elsewhere.
    def fail(_: Image.Image) -> Image.Image:
        raise error

    (tmp_path / "picture.png").write_bytes(encoded("PNG"))
    monkeypatch.setattr(ImageOps, "exif_transpose", fail)
    assert "is damaged" in refusal(tmp_path / "picture.png").what
