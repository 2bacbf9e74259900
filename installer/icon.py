"""Makes the icons that systems want of a program from resources/icons/logo.svg: PNG, ICO and ICNS."""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIDE = 1024
# The accent of the light theme (gui/theme.py) below a white sign: seen on light and on dark desktops.
GROUND, SIGN = "#2E6AFF", "#ffffff"
MARGIN, ROUNDING, PADDING = 64, 200, 210
ICO_SIDES = [(side, side) for side in (16, 24, 32, 48, 64, 128, 256)]


def main() -> None:
    """Writes the icons into the folder that is named on the command line."""
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    application = QGuiApplication([])
    logo = Path(__file__).parent.parent / "resources" / "icons" / "logo.svg"
    text = logo.read_text(encoding="utf-8").replace("currentColor", SIGN)
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(GROUND))
    inner = SIDE - 2 * MARGIN
    painter.drawRoundedRect(QRectF(MARGIN, MARGIN, inner, inner), ROUNDING, ROUNDING)
    inside = QRectF(PADDING, PADDING, SIDE - 2 * PADDING, SIDE - 2 * PADDING)
    QSvgRenderer(QByteArray(text.encode())).render(painter, inside)
    painter.end()
    del application
    large = target / "lepton-studio-1024.png"
    image.save(str(large))
    with Image.open(large) as picture:
        picture.resize((256, 256), Image.Resampling.LANCZOS).save(target / "lepton-studio.png")
        picture.save(target / "lepton-studio.ico", sizes=ICO_SIDES)
        picture.save(target / "lepton-studio.icns")


if __name__ == "__main__":
    main()
