"""The column at the right of the Draw page: what goes on inside the network, why it answers so, and more."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.widgets.lazy_tabs import LazyTabs

# Designed pixels; a column of maps wants more room than one of settings.
NARROWEST = 300


class DrawSide(LazyTabs):
    """Each part is made when it is first looked at."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Makes the tabs."""
        super().__init__("draw_tabs", expanding=True, parent=parent)
        self._easel = easel
        self.setMinimumWidth(theme.px(NARROWEST))

    def stop(self) -> None:
        """Ends background work of the parts."""
        for number in range(self.bar.count()):
            stop = getattr(self.part(number), "stop", None)
            if stop is not None:
                stop()
