"""Colours that can be read, icons that are there, and a style sheet without holes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontInfo, QIcon, QPalette
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

import lepton_studio.gui
from lepton_studio import paths
from lepton_studio.gui import theme
from lepton_studio.gui.theme import DARK, LIGHT, Tokens

GUI = Path(lepton_studio.gui.__file__).parent
ICONS = paths.resources() / "icons"
both = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda tokens: tokens.name)

# Which argument of a call names an icon.
TAKES_ICON = {"icon": 0, "set_icon": 1, "button": 2, "_tool": 1}


def luminance(colour: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [channel / 255 for channel in QColor(colour).getRgb()[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def names_of_icons() -> Iterator[tuple[str, str]]:
    """(where, name) of every icon that the code names."""
    for path in sorted(GUI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                at = TAKES_ICON.get(called)
                if at is not None and len(node.args) > at and isinstance(node.args[at], ast.Constant):
                    yield f"{path.name}:{node.lineno}", node.args[at].value


def test_the_formula_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@both
@pytest.mark.parametrize("ground", ["window", "surface", "raised"])
@pytest.mark.parametrize("text", ["text", "second_text"])
def test_text_can_be_read_on_every_ground(tokens, text, ground) -> None:
    assert contrast(getattr(tokens, text), getattr(tokens, ground)) >= 4.5


@both
@pytest.mark.parametrize("ground", ["window", "surface", "raised"])
@pytest.mark.parametrize("mark", ["accent", "good", "warning", "bad"])
def test_marks_stand_out_from_every_ground(tokens, mark, ground) -> None:
    assert contrast(getattr(tokens, mark), getattr(tokens, ground)) >= 3


@both
@pytest.mark.parametrize("curve", ["train", "validation", "test"])
def test_curves_stand_out_from_the_ground_of_plots(tokens, curve) -> None:
    assert contrast(getattr(tokens, curve), tokens.surface) >= 3


@both
@pytest.mark.parametrize("role", ["good", "warning", "bad"])
def test_words_in_the_colour_of_a_verdict_can_be_read(tokens, role) -> None:
    # Labels, and cells of tables whose every second row is on the window's ground.
    for ground in (tokens.surface, tokens.window):
        assert contrast(getattr(tokens, role), ground) >= 4.5


@both
def test_words_on_buttons_and_selections_can_be_read(tokens) -> None:
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


@both
def test_roles_that_stand_beside_each_other_are_of_different_colours(tokens) -> None:
    for group in (("train", "validation", "test"), ("good", "warning", "bad"), ("window", "surface", "raised")):
        assert len({getattr(tokens, name) for name in group}) == len(group)


def test_every_icon_that_the_code_names_is_there() -> None:
    named = list(names_of_icons())
    assert len(named) > 20
    assert [(where, name) for where, name in named if name and not (ICONS / f"{name}.svg").is_file()] == []


def test_pages_and_messages_have_their_icons(window) -> None:
    from lepton_studio.gui.widgets.message_line import ICONS as MESSAGE_ICONS

    names = [icon for _name, _title, icon in window.page_table()] + list(MESSAGE_ICONS.values())
    assert [name for name in names if not (ICONS / f"{name}.svg").is_file()] == []


@pytest.mark.parametrize("path", sorted(ICONS.glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_can_be_drawn_in_the_colour_of_its_role(qapp, path) -> None:
    assert "currentColor" in path.read_text(encoding="utf-8")
    assert QSvgRenderer(str(path)).isValid()
    image = theme.icon(path.stem, "bad").pixmap(QSize(48, 48)).toImage()
    colours = {
        image.pixelColor(x, y).name() for x in range(48) for y in range(48) if image.pixelColor(x, y).alpha() == 255
    }
    assert QColor(LIGHT.bad).name() in colours
    pale = theme.icon(path.stem).pixmap(QSize(48, 48), QIcon.Mode.Disabled).toImage()
    assert pale != theme.icon(path.stem).pixmap(QSize(48, 48)).toImage()


@both
def test_every_role_in_the_style_sheet_is_a_colour_of_the_theme(tokens) -> None:
    sheet = (paths.resources() / "themes" / "studio.qss").read_text(encoding="utf-8")
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    roles = {field.name for field in fields(Tokens)} | {"folder"}
    assert set(re.findall(r"@(\w+)@", sheet)) <= roles
    made = theme._style_sheet(tokens)
    assert "@" not in re.sub(r"/\*.*?\*/", "", made, flags=re.DOTALL)
    # A colour by its number would be the wrong one in the other theme.
    assert re.findall(r"#[0-9A-Fa-f]{6}\b", sheet) == []


@both
def test_every_picture_in_the_style_sheet_is_there(tokens) -> None:
    pictures = re.findall(r"url\((.+?)\)", theme._style_sheet(tokens))
    assert pictures
    assert [picture for picture in pictures if not Path(picture).is_file()] == []


@both
def test_a_theme_is_applied_to_the_whole_program(qapp, tokens) -> None:
    theme.apply_theme(qapp, tokens.name, 1.0)
    assert theme.tokens() is tokens
    palette = qapp.palette()
    assert palette.color(QPalette.ColorRole.Window) == QColor(tokens.window)
    assert palette.color(QPalette.ColorRole.Text) == QColor(tokens.text)
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled == QColor(tokens.disabled_text)


def test_the_theme_of_the_system_is_one_of_the_two(qapp) -> None:
    theme.apply_theme(qapp, "system", 1.0)
    assert theme.tokens() in (LIGHT, DARK)


@pytest.mark.parametrize("zoom", [1.0, 1.25, 1.5, 1.75])
def test_sizes_grow_with_the_zoom(qapp, zoom) -> None:
    theme.apply_theme(qapp, "light", zoom)
    assert theme.scale() == pytest.approx(zoom, abs=0.04)
    assert theme.px(100) == pytest.approx(100 * zoom, abs=4)
    assert theme.font_of(theme.TITLE_PIXELS).pixelSize() == pytest.approx(theme.TITLE_PIXELS * zoom, abs=1)
    # And back again: zoom does not add up.
    theme.apply_theme(qapp, "light", 1.0)
    assert theme.scale() == 1.0


def test_figures_are_of_equal_width(qapp) -> None:
    font = theme.font_of(theme.BODY_PIXELS)
    label = QLabel()
    label.setFont(font)
    assert QFontInfo(label.font()).pixelSize() == theme.BODY_PIXELS
    widths = {label.fontMetrics().horizontalAdvance(figure * 10) for figure in "0123456789"}
    assert len(widths) == 1
    assert isinstance(QApplication.instance(), QApplication)


def test_what_is_made_at_once_is_styled_in_the_end(qapp: QApplication, qtbot: Any) -> None:
    sheet = qapp.styleSheet()
    with theme.styled_at_once():
        made = QPushButton("Train")
        qtbot.addWidget(made)
        plain = made.sizeHint()
    assert qapp.styleSheet() == sheet
    like = QPushButton("Train")
    qtbot.addWidget(like)
    assert plain != made.sizeHint() == like.sizeHint()
    assert theme.tokens() is theme.LIGHT
