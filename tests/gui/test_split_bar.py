"""The bar of the splits: as long as its numbers, and readable on every colour."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import contrast
from lepton_studio.gui.widgets.split_bar import BarPart, SplitBar, _ink_on

ROLES = ("train", "validation", "test")


@pytest.fixture
def bar(qtbot: Any) -> SplitBar:
    made = SplitBar()
    qtbot.addWidget(made)
    made.resize(400, made.sizeHint().height())
    made.show()
    return made


def parts(*counts: int) -> list[BarPart]:
    return [BarPart(role.title(), role, count) for role, count in zip(ROLES, counts, strict=True)]


@pytest.mark.parametrize(
    ("counts", "widths"),
    [((200, 100, 100), (200, 100, 100)), ((0, 0, 0), (0, 0, 0)), ((0, 50, 0), (0, 400, 0))],
)
def test_parts_are_as_long_as_their_share(bar: SplitBar, counts: tuple[int, ...], widths: tuple[int, ...]) -> None:
    bar.set_parts(parts(*counts))
    assert bar.widths() == widths


def test_a_part_with_few_pictures_can_be_seen_and_one_without_any_cannot(bar: SplitBar) -> None:
    bar.set_parts(parts(1_000_000, 1, 0))
    widths = bar.widths()
    assert sum(widths) == bar.width()
    assert widths[1] > 0 == widths[2]
    image = bar.grab().toImage()
    middle = image.pixelColor(widths[0] + 1, theme.px(14))
    assert middle == QColor(theme.tokens().validation)
    assert bar.texts()[2] == "Test 0 (0.0 %)"
    assert "1\u202f000\u202f000" in bar.accessibleDescription()


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("role", ROLES)
def test_the_numbers_on_it_stand_out(qapp: QApplication, name: str, role: str) -> None:
    theme.apply_theme(qapp, name, 1.0)
    ground = QColor(getattr(theme.tokens(), role))
    assert contrast(_ink_on(ground), ground) >= 4.5


def test_its_height_does_not_change_with_its_numbers(bar: SplitBar) -> None:
    before = bar.sizeHint()
    bar.set_parts(parts(1, 2, 3))
    assert bar.sizeHint() == before
