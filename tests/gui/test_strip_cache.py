"""Painted rows are kept while nothing they depend on changes, and never too many of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QImage

from lepton_studio.gui.widgets.strip_cache import StripCache


def maker(made: list[int], row: int) -> Callable[[], QImage]:
    def make() -> QImage:
        made.append(row)
        return QImage(10, 10, QImage.Format.Format_RGBA8888_Premultiplied)

    return make


def test_a_row_is_made_once() -> None:
    cache, made = StripCache(), []
    for _ in range(3):
        for row in (0, 1):
            cache.strip(row, "as they are", maker(made, row))
    assert made == [0, 1]
    assert cache.held_bytes == 2 * 400


def test_another_size_makes_all_anew() -> None:
    cache, made = StripCache(), []
    cache.strip(0, 24, maker(made, 0))
    cache.strip(0, 32, maker(made, 0))
    assert made == [0, 0]
    assert cache.held_bytes == 400


def test_the_row_that_was_not_looked_at_longest_goes_first() -> None:
    cache, made = StripCache(most_bytes=900), []
    for row in (0, 1, 0, 2, 0, 1):
        cache.strip(row, "", maker(made, row))
    # 2 pushed 1 out, because 0 was looked at after it.
    assert made == [0, 1, 2, 1]
    assert cache.held_bytes <= 900
