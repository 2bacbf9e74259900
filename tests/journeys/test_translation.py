"""Every word on the screen goes through a translator."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QMessageBox,
    QTableWidget,
    QWidget,
)

from lepton_studio.engine import DATASETS, LAYERS, presets, recipes
from lepton_studio.gui.main_window import MainWindow

ROOT = Path(__file__).parents[2]
PAGES = ("data_page", "build_page", "train_page", "evaluate_page", "draw_page", "runs_page")
OPEN, CLOSE = "⟦", "⟧"
PATIENCE = 60_000

# Names, which are the same in every language: of the program, of shipped networks, of runs, of splits in files.
NAMES = {"Lepton Studio", *(architecture.name for architecture in presets().values()), "Mine"}


class Marking(QTranslator):
    """Puts marks around every text that passes, so that those that do not pass are seen."""

    def translate(self, _context: str, text: str, _disambiguation: str | None = None, _number: int = -1) -> str:
        return f"{OPEN}{text}{CLOSE}" if text else ""

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        return False


@pytest.fixture
def marked(qapp: QApplication) -> Iterator[None]:
    translator = Marking()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


@pytest.fixture
def marked_window(marked: None, make_window: Callable[[], MainWindow], qtbot: Any) -> MainWindow:
    window = make_window()
    session = window.session
    qtbot.waitUntil(lambda: session.engine_ready and session.samples is not None, timeout=PATIENCE)
    return window


def is_fine(text: str) -> bool:
    """Whether a text is translatable, or needs no translation."""
    plain = re.sub(r"<[^>]*>|&nbsp;|&", "", text).strip()
    outside = re.sub(f"{OPEN}.*?{CLOSE}", "", plain, flags=re.DOTALL)
    if OPEN in outside or CLOSE in outside:
        # A mark inside a mark: a translated text was made part of another.
        outside = outside.replace(OPEN, "").replace(CLOSE, "")
    if OPEN in plain or plain in NAMES:
        return True
    # Numbers, units of measure, dates; class names of the digits.
    return not re.search(r"[^\W\d_]{2,}", re.sub(r"\b(GB|MB|kB|ms|CPU|CUDA|x86_64|images/s)\b", "", plain))


def texts_of(widget: QWidget) -> Iterator[tuple[str, str]]:
    """(what it is, text) of everything that a widget says."""
    yield "tooltip", widget.toolTip()
    yield "accessible name", widget.accessibleName()
    # Labels and buttons, line edits and combo boxes, numbers.
    for what in ("text", "placeholderText", "suffix"):
        if isinstance(widget, QLineEdit) and what == "text":
            continue
        said = getattr(widget, what, None)
        if callable(said):
            yield what, said()
    if isinstance(widget, QComboBox):
        yield from (("entry", widget.itemText(row)) for row in range(widget.count()))
    if isinstance(widget, QListWidget):
        for row in range(widget.count()):
            yield "item", widget.item(row).text()
            yield "item's tooltip", widget.item(row).toolTip()
    if isinstance(widget, QTableWidget):
        yield from (("heading", widget.horizontalHeaderItem(at).text()) for at in range(widget.columnCount()))
    # What painted widgets show while they are empty, and the quiet line of the sidebar.
    for what in ("_placeholder", "_hint", "_state"):
        said = getattr(widget, what, "")
        yield what, said if isinstance(said, str) else ""


def unmarked(root: QWidget) -> list[str]:
    """What is said below a widget and cannot be translated."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        # Qt's own parts inside a widget; facts about the machine, which the engine tells.
        if widget.objectName().startswith("qt_") or widget.objectName() == "device_label":
            continue
        for what, text in texts_of(widget):
            if not is_fine(text):
                found.append(f"{type(widget).__name__} {widget.objectName()}: {what} {text!r}")
    return sorted(set(found))


def test_every_text_of_every_page_is_translatable(marked_window: MainWindow) -> None:
    for page in PAGES:
        marked_window.show_page(page)
        QApplication.processEvents()
    assert unmarked(marked_window) == []


def test_every_command_is_translatable(marked_window: MainWindow) -> None:
    texts = [action.text() for action in marked_window.findChildren(QAction) if action.objectName()]
    texts += [menu.title() for menu in marked_window.menuBar().findChildren(QMenu)]
    assert len(texts) > 15
    assert [text for text in texts if not is_fine(text)] == []


def test_what_pages_say_after_a_training_is_translatable(marked_window: MainWindow, qtbot: Any) -> None:
    import msgspec

    from lepton_studio.engine import preset

    session = marked_window.session
    settings = msgspec.structs.replace(session.experiment.hyperparameters, epochs=1, batch_size=256, augmentations=())
    experiment = msgspec.structs.replace(session.experiment, architecture=preset("mlp"), hyperparameters=settings)
    session.edit("Mine", experiment)
    session.start_training()
    qtbot.waitUntil(lambda: session.run is not None and session.training_state == "idle", timeout=PATIENCE)
    marked_window.show_page("evaluate_page")
    qtbot.waitUntil(lambda: marked_window.page("evaluate_page").state_text() != "", timeout=PATIENCE)
    session.run.update(state="stopped")
    for page in PAGES:
        marked_window.show_page(page)
        QApplication.processEvents()
    found = unmarked(marked_window)
    table = marked_window.findChild(QTableWidget, "runs_table")
    found += [f"cell {text}" for text in (table.item(0, 1).text(), table.item(0, 2).text()) if not is_fine(text)]
    # The name of the run is the network's; figures and dates follow it.
    assert [each for each in found if "'MLP · " not in each] == []


@pytest.mark.parametrize("tag", list(LAYERS.classes))
def test_the_settings_of_every_layer_are_translatable(marked: None, qapp: QApplication, tag: str) -> None:
    from lepton_studio.gui.widgets.form import Form

    form = Form(LAYERS[tag]())
    try:
        assert unmarked(form) == []
    finally:
        form.deleteLater()


def test_what_stands_in_for_a_missing_dataset_is_translatable(marked_window: MainWindow, qtbot: Any) -> None:
    import msgspec

    session = marked_window.session
    session.edit("Mine", msgspec.structs.replace(session.experiment, dataset=DATASETS["fashion_mnist"]()))
    qtbot.waitUntil(lambda: session.samples is None, timeout=PATIENCE)
    QApplication.processEvents()
    assert unmarked(marked_window.page("data_page")) == []
    assert unmarked(marked_window.page("train_page")) == []


def test_the_dialogs_are_translatable(marked_window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    from lepton_studio.gui.dialogs import about_dialog, confirmed

    marked_window.findChild(QAction, "action_keys").trigger()
    keys = marked_window.findChild(QDialog, "keys_dialog")
    table = keys.findChild(QTableWidget)
    said = [table.item(row, column).text() for row in range(table.rowCount()) for column in (0, 2)]
    dialogs: list[QDialog] = [marked_window.show_preferences(), about_dialog(marked_window), keys]
    asked: list[str] = []

    def answer(box: QMessageBox) -> int:
        asked.extend(text for _, text in texts_of(box.findChild(QLabel, "qt_msgbox_label")))
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answer)
    found = [text for text in said if not is_fine(text)]
    for dialog in dialogs:
        assert dialog.windowTitle().startswith(OPEN)
        found += unmarked(dialog)
        if isinstance(dialog, QMessageBox):
            found += [text for text in (dialog.text(), dialog.informativeText()) if not is_fine(text)]
        dialog.close()
        dialog.deleteLater()
    assert found == []
    assert not confirmed(marked_window, "name", "Mine", "Mine", "Mine")


# --- the tools


def tool(name: str) -> str:
    """A tool of PySide6, beside this Python or on the path."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name) or ""


@pytest.mark.skipif(not tool("pyside6-lupdate"), reason="pyside6-lupdate is not installed")
def test_lupdate_finds_the_texts_of_windows_and_specs(tmp_path: Path) -> None:
    script = ROOT / "resources" / "translations" / "make_specs.py"
    specs = tmp_path / "specs.py"
    subprocess.run([sys.executable, str(script), str(specs)], check=True, timeout=100)
    sources = [str(path) for path in sorted((ROOT / "lepton_studio" / "gui").rglob("*.py"))]
    target = tmp_path / "lepton_studio_de.ts"
    result = subprocess.run(
        [tool("pyside6-lupdate"), *sources, str(specs), "-ts", str(target)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    tree = ElementTree.parse(target)
    contexts = {context.findtext("name"): context.findall("message") for context in tree.iter("context")}
    texts = {name: {message.findtext("source") for message in found} for name, found in contexts.items()}
    assert sum(len(found) for found in texts.values()) > 100
    assert "Start" in texts["TrainButtons"]
    specs_texts = texts["specs"]
    for kind in (*LAYERS.classes.values(), *DATASETS.classes.values()):
        assert kind.title in specs_texts
        assert kind.summary() in specs_texts
    for recipe in recipes().values():
        assert {recipe.name, recipe.description} <= specs_texts
