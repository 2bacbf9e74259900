"""One map of a layer's output, large, with its name and buttons for those beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.widgets.output_plan import OutputStrip, Path
from lepton_studio.gui.widgets.value_colours import short_number
from lepton_studio.gui.widgets.value_view import ValueView

HEIGHT = 236


class EnlargedMap(QWidget):
    """Hidden while no map is chosen; the choice stays through other strips, as long as its layer is there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts hidden."""
        super().__init__(parent)
        self._strips: tuple[OutputStrip, ...] = ()
        self._chosen: tuple[Path, int] | None = None
        self.values = ValueView()
        self.values.setFixedHeight(theme.px(HEIGHT))
        self._caption = QLabel(wordWrap=True)
        self._caption.setProperty("role", "second")
        # A long caption must not make the page wider.
        self._caption.setMinimumWidth(1)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(self._caption, 1)
        for name, icon, tip, action in (
            ("map_before", "up", self.tr("The channel before (Left)"), lambda: self.turn(-1)),
            ("map_after", "down", self.tr("The next channel (Right)"), lambda: self.turn(1)),
            ("map_close", "close", self.tr("Close (Escape)"), self.let_go),
        ):
            tool = icon_button(name, icon, tip)
            tool.clicked.connect(action)
            row.addWidget(tool)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addLayout(row)
        layout.addWidget(self.values)
        self.hide()

    @property
    def is_open(self) -> bool:
        """Whether a map is chosen."""
        return self._chosen is not None

    @property
    def caption(self) -> str:
        """Which map it is, and from where to where its numbers go."""
        return self._caption.text()

    def show_strips(self, strips: Sequence[OutputStrip]) -> None:
        """Shows the chosen map among other strips; none if its layer has none any more."""
        self._strips = tuple(strips)
        self._show()

    def choose(self, path: Path, number: int) -> None:
        """Enlarges a map of a layer; the whole of a sequence."""
        self._chosen = (path, number)
        self._show()

    def turn(self, by: int) -> None:
        """Goes to a map beside it, if there is one."""
        if self._chosen is not None:
            self.choose(self._chosen[0], self._chosen[1] + by)

    def let_go(self) -> None:
        """Chooses none."""
        self._chosen = None
        self.hide()

    def _show(self) -> None:
        if self._chosen is None:
            return
        path, number = self._chosen
        strip = next((each for each in self._strips if each.path == path), None)
        if strip is None or strip.form not in ("maps", "matrix"):
            self.let_go()
            return
        number = min(max(number, 0), len(strip.output) - 1) if strip.form == "maps" else 0
        values = strip.output[number] if strip.form == "maps" else strip.output
        self._chosen = (path, number)
        self.values.set_values(values, strip.lowest, strip.highest)
        span = f"{short_number(float(values.min()))} … {short_number(float(values.max()))}"
        if strip.form == "maps":
            text = self.tr("{0}, channel {1} of {2}: {3}").format(strip.title, number, strip.shape[0], span)
        else:
            text = self.tr("{0}, steps down and features across: {1}").format(strip.title, span)
        self._caption.setText(text)
        self._caption.setToolTip(text)
        self.show()
