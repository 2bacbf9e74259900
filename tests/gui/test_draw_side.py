"""The tabs of Draw: made when they are looked at, handed on when the page is made anew, and ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from lepton_studio.engine import Run
from lepton_studio.gui.batch_view import BatchView
from lepton_studio.gui.corrections import Corrections
from lepton_studio.gui.doubt_measuring import DoubtMeasuring
from lepton_studio.gui.draw_side import COMPARE, DOUBT, FOLDER, LAYERS, TEACH, WHY, DrawSide
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.session import Session
from lepton_studio.gui.why_view import WhyView
from lepton_studio.gui.widgets.draw_pad import DrawPad


class Page:
    """What surrounds the tabs."""

    def __init__(self, session: Session, qtbot: Any) -> None:
        self.easel, self.canvas = Easel(session), DrawPad()
        self.measuring = DoubtMeasuring(self.easel, self.canvas)
        self.side = DrawSide(self.easel, self.measuring, Corrections(self.easel, self.easel), self.canvas)
        for widget in (self.canvas, self.side):
            qtbot.addWidget(widget)
        self.side.resize(320, 600)
        self.easel.take_run()

    def stop(self) -> None:
        self.easel.stop()
        self.measuring.stop()
        self.side.stop()


@pytest.fixture
def make(tiny_session: Session, trained_run: Run, qtbot: Any) -> Iterator[Callable[[], Page]]:
    tiny_session.choose(trained_run)
    pages: list[Page] = []

    def make() -> Page:
        pages.append(Page(tiny_session, qtbot))
        return pages[-1]

    yield make
    for page in pages:
        page.stop()


def made(side: DrawSide) -> list[int]:
    return [number for number in range(side.bar.count()) if side.part(number) is not None]


def test_only_what_was_looked_at_is_made(make: Callable[[], Page]) -> None:
    side = make().side
    side.show()
    before = made(side)
    side.turn_to(COMPARE)
    assert made(side) == sorted({*before, COMPARE})
    assert TEACH not in made(side)


@pytest.mark.parametrize("tab", [LAYERS, COMPARE, DOUBT])
def test_the_tab_in_front_stays_when_the_page_is_made_anew(tab: int, make: Callable[[], Page]) -> None:
    old, new = make().side, make().side
    old.turn_to(tab)
    new.take_over(old.hand_over())
    assert new.tab == tab
    # Nothing was taught, and no folder was read: neither is made for nothing.
    assert not {TEACH, FOLDER} & set(made(new))


def test_what_a_folder_was_read_to_is_handed_on(make: Callable[[], Page], monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[object] = []
    monkeypatch.setattr(BatchView, "hand_over", lambda _self: "read")
    monkeypatch.setattr(BatchView, "take_over", lambda _self, work: handed.append(work))
    old, new = make().side, make().side
    old.turn_to(FOLDER)
    old.turn_to(WHY)
    new.take_over(old.hand_over())
    assert (handed, new.tab) == (["read"], WHY)


def test_why_lies_on_the_drawing_too(make: Callable[[], Page], monkeypatch: pytest.MonkeyPatch) -> None:
    page, laid = make(), []
    monkeypatch.setattr(page.canvas, "set_overlay", lambda *given: laid.append(given))
    page.side.turn_to(WHY)
    why = page.side.part(WHY)
    assert isinstance(why, WhyView)
    why.overlay_changed.emit()
    assert laid == [(why.overlay, why.overlay_square, False)]


def test_a_doubtful_picture_of_a_folder_is_laid_on_the_canvas(make: Callable[[], Page], tmp_path: Path) -> None:
    page = make()
    page.side.turn_to(FOLDER)
    batch = page.side.part(FOLDER)
    assert isinstance(batch, BatchView)
    picture = np.zeros((20, 30), np.uint8)
    batch.picture_wanted.emit(picture)
    QApplication.processEvents()
    assert page.canvas.photograph is not None
    assert page.canvas.photograph.shape[:2] == (20, 30)


def test_all_parts_are_stopped_with_the_page(make: Callable[[], Page], monkeypatch: pytest.MonkeyPatch) -> None:
    side, stopped = make().side, []
    for number in range(side.bar.count()):
        side.turn_to(number)
        part = side.part(number)
        if hasattr(part, "stop"):
            stop = part.stop
            monkeypatch.setattr(part, "stop", lambda number=number, stop=stop: (stopped.append(number), stop()))
    side.stop()
    # What is measured for Doubt is measured, and ended, by the page.
    assert stopped == [number for number in range(7) if number != DOUBT]
