"""Colours, sizes and icons.

Fusion with a palette of our own, because Qt's colour-scheme hint does nothing on bare X11. This file is imported
before the first picture of the window: it takes no more of Qt than it needs (the namespace Qt alone costs 15 ms).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QStyleFactory

from lepton_studio import paths

GRID = 4
GAP_SMALL, GAP, GAP_LARGE = 8, 16, 24
RADIUS = 6
MIDDLE_LIGHTNESS = 128
BODY_PIXELS, SMALL_PIXELS, SECTION_PIXELS, TITLE_PIXELS = 13, 12, 16, 22


@dataclass(frozen=True)
class Tokens:
    """One colour for each role; pages name roles, never colours."""

    name: str
    window: str
    surface: str
    raised: str
    line: str
    faint_line: str
    text: str
    second_text: str
    disabled_text: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str
    train: str
    validation: str
    test: str


LIGHT = Tokens(
    name="light", window="#F6F7F9", surface="#FFFFFF", raised="#EEF0F4", line="#D5D9E0", faint_line="#E7EAEF",
    text="#1A1D23", second_text="#5A6270", disabled_text="#9AA1AD", accent="#2E6AFF", on_accent="#FFFFFF",
    good="#1A8051", warning="#9A6418", bad="#C8372D", train="#2E6AFF", validation="#D67500", test="#7A5AF8",
)  # fmt: skip
DARK = Tokens(
    name="dark", window="#14161A", surface="#1C1F25", raised="#262A32", line="#363B46", faint_line="#2A2E37",
    text="#E8EAEE", second_text="#A3ABBA", disabled_text="#666E7C", accent="#6C97FF", on_accent="#0E1013",
    good="#4CC38A", warning="#E0A94A", bad="#FF7B72", train="#6C97FF", validation="#FFA63D", test="#A48BFF",
)  # fmt: skip


def tokens() -> Tokens:
    """The colours that the application shows now."""
    palette = QApplication.palette()
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < MIDDLE_LIGHTNESS else LIGHT


def scale() -> float:
    """How much larger than designed everything is (1.0 to 2.0), from the size of the application's font."""
    pixels = QApplication.font().pixelSize()
    return pixels / BODY_PIXELS if pixels > 0 else 1.0


def px(size: float) -> int:
    """A designed size in pixels at the chosen scale."""
    return round(size * scale())


def apply_theme(application: QApplication, name: str, zoom: float) -> None:
    """Sets style, palette, font and style sheet.

    Args:
        application: the one there is.
        name: "light", "dark" or "system".
        zoom: 1.0 is as designed; 1.5 for the back row.
    """
    if name == "system":
        # What the system gives the style to paint with; asked before our own palette is set.
        ground = application.style().standardPalette().color(QPalette.ColorRole.Window)
        name = "dark" if ground.lightness() < MIDDLE_LIGHTNESS else "light"
    chosen = DARK if name == "dark" else LIGHT
    font = QFont(application.font())
    font.setPixelSize(round(BODY_PIXELS * zoom))
    sheet = _style_sheet(chosen)
    if (application.styleSheet(), application.font(), tokens()) == (sheet, font, chosen):
        # To set the same again would work out the style of every widget anew. The style is asked for below only: with
        # a style sheet it has no name.
        return
    if application.style().objectName().lower() != "fusion":
        application.setStyle(QStyleFactory.create("Fusion"))
    application.setFont(font)
    application.setPalette(_palette(chosen))
    application.setStyleSheet(sheet)


@contextmanager
def styled_at_once() -> Iterator[None]:
    """Gives the style sheet to all that is made inside when all of it is there.

    Otherwise whatever is put into something else is styled anew with all that is in it, which takes twice as long.
    """
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    sheet = application.styleSheet()
    application.setStyleSheet("")
    try:
        yield
    finally:
        application.setStyleSheet(sheet)


def font_of(pixels: float, semibold: bool = False) -> QFont:
    """The application's font at a designed size, with figures of equal width."""
    font = QFont(QApplication.font())
    font.setPixelSize(px(pixels))
    font.setWeight(QFont.Weight.DemiBold if semibold else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def icon(name: str, role: str = "text") -> QIcon:
    """An icon from resources/icons in the colour of a role; it has a paler one for disabled buttons."""
    chosen = tokens()
    result = QIcon()
    result.addPixmap(_pixmap(name, getattr(chosen, role), 24), QIcon.Mode.Normal)
    result.addPixmap(_pixmap(name, chosen.disabled_text, 24), QIcon.Mode.Disabled)
    return result


def glyph(name: str, colour: QColor) -> QPixmap:
    """An icon from resources/icons in any colour, twice as fine as 24 pixels; for painted widgets."""
    return _pixmap(name, colour.name(), 24)


@lru_cache(maxsize=256)
def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    text = (paths.resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))
    # Twice as fine as asked for, so that it stays sharp on screens of high density and at 150 %.
    pixmap = QPixmap(QSize(size, size) * 2)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(pixmap.rect()))
    painter.end()
    return pixmap


def _palette(colours: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for which, colour in {
        role.Window: colours.window, role.WindowText: colours.text, role.Base: colours.surface,
        role.AlternateBase: colours.raised, role.Text: colours.text, role.Button: colours.raised,
        role.ButtonText: colours.text, role.BrightText: colours.bad, role.ToolTipBase: colours.surface,
        role.ToolTipText: colours.text, role.PlaceholderText: colours.second_text, role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent, role.Link: colours.accent, role.LinkVisited: colours.accent,
        role.Accent: colours.accent, role.Light: colours.raised, role.Midlight: colours.faint_line,
        role.Mid: colours.line, role.Dark: colours.line, role.Shadow: colours.line,
    }.items():  # fmt: skip
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.disabled_text))
    return palette


@lru_cache(maxsize=2)
def _style_sheet(colours: Tokens) -> str:
    folder = paths.resources() / "themes"
    sheet = (folder / "studio.qss").read_text(encoding="utf-8").replace("@folder@", folder.as_posix())
    for field in fields(colours):
        sheet = sheet.replace(f"@{field.name}@", getattr(colours, field.name))
    return sheet
