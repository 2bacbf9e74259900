"""A button that shows a sign only still says what it does."""

from __future__ import annotations

from PySide6.QtCore import QSize

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.icon_button import icon_button

SIDE = QSize(16, 16)


def test_a_sign_is_said_in_words_to_the_mouse_and_to_screen_readers(qtbot) -> None:
    made = icon_button("side_close", "close", "Close this")
    qtbot.addWidget(made)
    assert (made.objectName(), made.toolTip(), made.accessibleName()) == ("side_close", "Close this", "Close this")
    assert made.text() == ""
    assert made.icon().pixmap(SIDE).toImage() == theme.icon("close").pixmap(SIDE).toImage()


def test_a_quiet_sign_has_another_colour(qtbot) -> None:
    quiet, plain = (icon_button("side_close", "close", "Close", role) for role in ("second_text", "text"))
    for made in (quiet, plain):
        qtbot.addWidget(made)
    assert quiet.icon().pixmap(SIDE).toImage() != plain.icon().pixmap(SIDE).toImage()
