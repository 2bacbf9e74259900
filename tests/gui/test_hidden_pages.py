"""Pages that nobody looks at do nothing at an edit of the network, and are right when they are looked at."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QLabel

from lepton_studio.engine import preset
from lepton_studio.gui import train_settings
from lepton_studio.gui.pages import data_page


@pytest.fixture
def looked_for(ready_window: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which modules looked for datasets on the disk, or cut them."""
    heard: list[str] = []

    def noting(module: Any, name: str) -> None:
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given: (heard.append(f"{module.__name__} {name}"), real(*given))[1])

    for module, name in ((data_page, "all_datasets"), (data_page, "cut"), (train_settings, "all_datasets")):
        noting(module, name)
    return heard


def test_an_edit_of_the_network_looks_for_no_datasets(ready_window: Any, looked_for: list[str]) -> None:
    ready_window.show_page("build_page")
    bench = ready_window.page("build_page").workbench
    bench.add("relu")
    looked_for.clear()
    bench.add("dropout")
    ready_window.session.undo_stack.undo()
    QApplication.processEvents()
    assert looked_for == []


def test_the_settings_are_right_when_they_are_looked_at(ready_window: Any) -> None:
    ready_window.show_page("build_page")
    session = ready_window.session
    session.edit("MLP", msgspec.structs.replace(session.experiment, architecture=preset("mlp"), seed=77))
    ready_window.show_page("train_page")
    settings = ready_window.page("train_page").side.settings
    assert settings.network_picker.currentText() == "MLP"
    assert settings.seed_form.value.seed == 77
    parameters = session.engine_ready and ready_window.page("build_page").workbench.report.parameters
    assert any(f"{parameters:,}".replace(",", "\u202f") in label.text() for label in settings.findChildren(QLabel))


def test_another_cut_of_the_data_is_shown_though_nobody_looks(ready_window: Any, looked_for: list[str]) -> None:
    ready_window.show_page("build_page")
    session = ready_window.session
    ready_window.page("build_page").workbench.add("relu")
    looked_for.clear()
    session.edit("Seed", msgspec.structs.replace(session.experiment, seed=12))
    assert "lepton_studio.gui.pages.data_page cut" in looked_for
