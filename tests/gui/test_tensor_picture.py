"""Pictures of tensors: one scale for all, and something to see for every form."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.tensor_picture import TensorScale, paint_tensor, picture_size, sheets

SHAPES = [(1, 28, 28), (32, 28, 28), (64, 7, 7), (512, 1, 1), (3, 4, 60), (28, 28), (49, 64), (10,), (3136,), (1,)]


def painted(shape: tuple[int, ...], scale: TensorScale, pale: bool = False) -> QImage:
    image = QImage(120, 90, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.tokens().window))
    painter = QPainter(image)
    paint_tensor(painter, QPointF(60, 45), shape, scale, pale)
    painter.end()
    return image


def ink(image: QImage) -> int:
    """How many pixels are not paper."""
    paper = QColor(theme.tokens().window).rgb()
    return sum(image.pixel(x, y) != paper for x in range(image.width()) for y in range(image.height()))


def test_maps_of_a_network_are_drawn_to_one_scale(qapp: Any) -> None:
    scale = TensorScale([(1, 28, 28), (8, 14, 14), (100,)])
    whole, half = picture_size((1, 28, 28), scale), picture_size((1, 14, 14), scale)
    assert whole.width() == pytest.approx(2 * half.width())
    wide = picture_size((1, 14, 28), scale)
    assert wide.width() == pytest.approx(2 * wide.height())
    # The largest of any network is as large as that of another.
    assert picture_size((3, 224, 224), TensorScale([(3, 224, 224)])) == picture_size((3, 28, 28), scale)


def test_more_channels_are_more_sheets_up_to_a_limit(qapp: Any) -> None:
    counts = [sheets(channels) for channels in (1, 2, 8, 64, 512, 4096)]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] == counts[-2] == 9


def test_more_numbers_are_a_longer_bar_and_more_features_a_higher_strip(qapp: Any) -> None:
    scale = TensorScale(())
    lengths = [picture_size((count,), scale).width() for count in (1, 5, 10, 12, 13, 128, 3136, 10**9)]
    assert lengths == sorted(lengths)
    assert lengths[-1] < 70
    heights = [picture_size((28, features), scale).height() for features in (1, 28, 512)]
    assert heights == sorted(heights)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_tensor_is_seen_and_stays_in_its_room(qapp: Any, shape: tuple[int, ...]) -> None:
    scale = TensorScale(SHAPES)
    image = painted(shape, scale)
    assert ink(image) > 20
    size = picture_size(shape, scale)
    assert size.width() <= 70
    assert size.height() <= 62
    paper = QColor(theme.tokens().window).rgb()
    outside = [image.pixel(x, 45) for x in range(120) if abs(x - 60) > size.width() / 2 + 2]
    assert set(outside) <= {paper}


def test_nothing_is_painted_of_what_is_not_known(qapp: Any) -> None:
    assert picture_size((), TensorScale(())).isEmpty()
    assert ink(painted((), TensorScale(()))) == 0


def test_what_does_not_take_part_is_paler(qapp: Any) -> None:
    scale = TensorScale(SHAPES)
    strong, pale = (painted((8, 14, 14), scale, each) for each in (False, True))
    darkest = [min(QColor(image.pixel(x, 45)).lightness() for x in range(120)) for image in (strong, pale)]
    assert darkest[0] < darkest[1]


def test_pictures_grow_with_the_zoom(qapp: Any) -> None:
    scale = TensorScale(SHAPES)
    before = picture_size((8, 14, 14), scale)
    theme.apply_theme(qapp, "light", 1.5)
    after = picture_size((8, 14, 14), TensorScale(SHAPES))
    assert after.width() == pytest.approx(before.width() * theme.scale())
