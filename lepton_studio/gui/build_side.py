"""Beside the stack: the drawing of the network, a sample on its way through it, and its code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.code_view import CodeView
from lepton_studio.gui.network_view import NetworkView
from lepton_studio.gui.try_it_view import TryItView
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.workbench import Workbench


class BuildSide(QTabWidget):
    """Three looks at the network on the bench; each is made when it is first looked at.

    Signals:
        enlarge_toggled: whether this shall have the room of the columns beside it.
    """

    enlarge_toggled = Signal(bool)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        """Shows the drawing first."""
        super().__init__(parent)
        self.setObjectName("build_side")
        self.setDocumentMode(True)
        self._looks: list[QWidget | None] = []
        self._makers: list[Callable[[], QWidget]] = []
        self._places: list[QVBoxLayout] = []
        looks: tuple[tuple[str, str, Callable[[Workbench], QWidget]], ...] = (
            (self.tr("Drawing"), self.tr("The whole network with its branches"), NetworkView),
            (self.tr("Try it"), self.tr("Send one picture through and see what each card makes of it"), TryItView),
            (self.tr("Code"), self.tr("The network as PyTorch code, and a script that trains it"), CodeView),
        )
        for title, tip, look in looks:
            place = QWidget()
            layout = QVBoxLayout(place)
            layout.setContentsMargins(0, theme.GAP_SMALL, 0, 0)
            self._places.append(layout)
            self._looks.append(None)
            self._makers.append(partial(look, workbench))
            self.setTabToolTip(self.addTab(place, title), tip)
        self.enlarge = icon_button("side_enlarge", "enlarge", self.tr("More room for this"))
        self.enlarge.setCheckable(True)
        self.enlarge.toggled.connect(self.enlarge_toggled)
        self.setCornerWidget(self.enlarge)
        self.currentChanged.connect(self._make)
        self._make(self.currentIndex())

    def let_go(self) -> bool:
        """Closes a map that is enlarged; whether there was one."""
        look = self._looks[self.currentIndex()]
        if not isinstance(look, TryItView) or not look.enlarged.is_open:
            return False
        look.enlarged.let_go()
        return True

    def stop(self) -> None:
        """Ends what the looks do in the background."""
        for look in self._looks:
            if isinstance(look, TryItView | CodeView):
                look.stop()

    def _make(self, at: int) -> None:
        if self._looks[at] is None:
            look = self._looks[at] = self._makers[at]()
            self._places[at].addWidget(look)
