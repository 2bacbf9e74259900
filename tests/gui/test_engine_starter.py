"""What is imported in the background: torch, and what single layers need beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from PySide6.QtCore import QObject

from lepton_studio.engine import Layer
from lepton_studio.gui.engine_starter import EngineStarter

PACKAGE = "lepton_studio_slow_to_import"


class Slow(Layer, frozen=True, tag="slow"):
    """Needs a package of its own."""

    imports: ClassVar[tuple[str, ...]] = (PACKAGE,)


@pytest.fixture
def starter(qapp: Any) -> Iterator[EngineStarter]:
    owner = QObject()
    made = EngineStarter(owner)
    yield made
    made.stop()


@pytest.fixture
def package(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / f"{PACKAGE}.py").write_text("answer = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop(PACKAGE, None)


def test_a_package_is_imported_before_the_layer_that_needs_it_is_looked_at(starter, package, qtbot) -> None:
    done: list[bool] = []
    said: list[str] = []
    starter.preparing.connect(said.append)
    starter.prepare((Slow(),), lambda: done.append(PACKAGE in sys.modules))
    assert done == []
    qtbot.waitUntil(lambda: bool(done))
    assert done == [True]
    assert said == [PACKAGE, ""]


def test_what_is_there_already_keeps_nobody_waiting(starter, package, qtbot) -> None:
    starter.prepare((Slow(),), lambda: None)
    qtbot.waitUntil(lambda: not starter.isRunning())
    done: list[int] = []
    starter.prepare((Slow(),), lambda: done.append(1))
    starter.prepare((), lambda: done.append(2))
    assert done == [1, 2]


def test_a_package_that_cannot_be_imported_is_tried_once(starter, qtbot) -> None:
    done: list[int] = []
    starter.prepare((Slow(),), lambda: done.append(1))
    qtbot.waitUntil(lambda: done == [1])
    starter.prepare((Slow(),), lambda: done.append(2))
    assert done == [1, 2]


def test_of_two_wishes_the_later_one_is_done(starter, package, qtbot) -> None:
    done: list[int] = []
    starter.prepare((Slow(),), lambda: done.append(1))
    starter.prepare((), lambda: done.append(2))
    qtbot.waitUntil(lambda: not starter.isRunning())
    qtbot.wait(20)
    assert done == [2]
