"""What a person has set about the window, kept from one start to the next."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QWidget

from lepton_studio import paths
from lepton_studio.engine import LeptonError
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui.dialogs import PreferencesDialog
from lepton_studio.gui.preferences import ZOOMS, Preferences, load_preferences, save_preferences


def test_without_a_file_there_are_the_defaults() -> None:
    assert load_preferences() == Preferences()


@pytest.mark.parametrize("preferences", [
    Preferences(), Preferences("dark", "175 %", False), Preferences("light", "125 %"),
])  # fmt: skip
def test_what_was_set_is_there_at_the_next_start(preferences) -> None:
    save_preferences(preferences)
    assert load_preferences() == preferences


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b"\xff\xfe\x00", b'{"theme": "pink"}', b'{"zoom": "300 %"}', b'{"zoom": 1}', b"null",
])  # fmt: skip
def test_a_broken_file_gives_the_defaults(home, content) -> None:
    home.mkdir()
    paths.preferences_file().write_bytes(content)
    assert load_preferences() == Preferences()


def test_a_folder_in_place_of_the_file_gives_the_defaults(home) -> None:
    paths.preferences_file().mkdir(parents=True)
    assert load_preferences() == Preferences()


def test_fields_of_a_newer_version_are_passed_over(home) -> None:
    home.mkdir()
    paths.preferences_file().write_bytes(b'{"theme": "dark", "sparkles": true}')
    assert load_preferences() == Preferences("dark")


def test_a_disk_that_refuses_is_told(home) -> None:
    home.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(LeptonError, match=r"preferences\.json"):
        save_preferences(Preferences("dark"))


def test_the_zoom_is_a_factor() -> None:
    assert [Preferences(zoom=zoom).zoom_factor for zoom in ZOOMS] == [1.0, 1.25, 1.5, 1.75]


def test_the_zoom_goes_step_by_step_and_ends_at_its_ends() -> None:
    one = Preferences("dark", "125 %", False)
    assert one.zoomed(1) == Preferences("dark", "150 %", False)
    assert one.zoomed(-5).zoom == ZOOMS[0]
    assert one.zoomed(5).zoom == ZOOMS[-1]


def test_another_theme_leaves_the_rest(qapp) -> None:
    assert Preferences("system", "150 %", False).with_theme("dark") == Preferences("dark", "150 %", False)


def test_the_dialog_hands_on_every_change_at_once(qtbot) -> None:
    owner, applied = QWidget(), []
    qtbot.addWidget(owner)
    dialog = PreferencesDialog(Preferences(), applied.append, owner)
    assert dialog.objectName() == "preferences_dialog"
    dialog.form.editor("theme").setCurrentIndex(dialog.form.editor("theme").findData("dark"))
    dialog.form.editor("zoom").setCurrentIndex(2)
    dialog.form.editor("motion").setChecked(False)
    assert applied == [Preferences("dark"), Preferences("dark", "150 %"), Preferences("dark", "150 %", False)]


def test_the_dialog_says_what_each_setting_does_and_can_be_closed(qtbot) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    dialog = PreferencesDialog(Preferences(), lambda _preferences: None, owner)
    said = {label.text() for label in dialog.findChildren(QLabel)}
    assert {field.help for field in fields_of(Preferences)} <= said
    dialog.open()
    dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close).click()
    assert not dialog.isVisible()
