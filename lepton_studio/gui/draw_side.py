"""The column at the right of the Draw page: what goes on inside the network, why it answers so, and more."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from lepton_studio.gui.alike_view import AlikeView
from lepton_studio.gui.batch_view import BatchView
from lepton_studio.gui.compare_view import CompareView
from lepton_studio.gui.corrections import Corrections
from lepton_studio.gui.doubt_measuring import DoubtMeasuring
from lepton_studio.gui.doubt_view import DoubtView
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.maps_view import MapsView
from lepton_studio.gui.teach_view import TeachView
from lepton_studio.gui.why_view import WhyView
from lepton_studio.gui.widgets.draw_pad import DrawPad
from lepton_studio.gui.widgets.lazy_tabs import LazyTabs

LAYERS, WHY, ALIKE, COMPARE, DOUBT, TEACH, FOLDER = range(7)


class DrawSide(LazyTabs):
    """Each part is made when it is first looked at."""

    def __init__(
        self,
        easel: Easel,
        measuring: DoubtMeasuring,
        corrections: Corrections,
        canvas: DrawPad,
        parent: QWidget | None = None,
    ) -> None:
        """Makes the tabs."""
        super().__init__("draw_tabs", expanding=True, parent=parent)
        self._canvas = canvas
        self.add(
            self.tr("Layers"), self.tr("What each layer makes of the drawing, while you draw"), lambda: MapsView(easel)
        )
        self.add(
            self.tr("Why"), self.tr("Which pixels and strokes speak for the answer"), lambda: self._made_why(easel)
        )
        self.add(self.tr("Alike"), self.tr("The training pictures most like the drawing"), lambda: AlikeView(easel))
        self.add(self.tr("Compare"), self.tr("Several networks on the same drawing"), lambda: CompareView(easel))
        self.add(
            self.tr("Doubt"),
            self.tr("When the network says that it does not know, and what that costs"),
            lambda: DoubtView(easel, measuring),
        )
        self.add(
            self.tr("Teach"),
            self.tr("Have the network learn what it read wrong"),
            lambda: TeachView(easel, corrections),
        )
        self.add(
            self.tr("Folder"), self.tr("Read all pictures of a folder into a table"), lambda: self._made_batch(easel)
        )

    def _made_why(self, easel: Easel) -> WhyView:
        why = WhyView(easel)
        why.overlay_changed.connect(lambda: self._lay_over(why))
        return why

    def _lay_over(self, why: WhyView) -> None:
        self._canvas.set_overlay(why.overlay, why.overlay_square, why.is_over_photograph)

    def _made_batch(self, easel: Easel) -> BatchView:
        batch = BatchView(easel)
        batch.picture_wanted.connect(self._canvas.show_photograph)
        return batch

    def hand_over(self) -> tuple[int, Any, bool]:
        """Which part is in front, what a folder was read to, and whether the network was being taught."""
        batch, teach = self.part(FOLDER), self.part(TEACH)
        read = batch.hand_over() if isinstance(batch, BatchView) else None
        return self.tab, read, isinstance(teach, TeachView) and teach.is_teaching

    def take_over(self, work: tuple[int, Any, bool]) -> None:
        """Goes on with what another one handed over; what was being taught is taught from the start."""
        tab, read, is_teaching = work
        if read is not None:
            self.turn_to(FOLDER)
            batch = self.part(FOLDER)
            assert isinstance(batch, BatchView)
            batch.take_over(read)
        if is_teaching:
            self.turn_to(TEACH)
            teach = self.part(TEACH)
            assert isinstance(teach, TeachView)
            teach.start()
        self.turn_to(tab)

    def stop(self) -> None:
        """Ends background work of the parts."""
        for number in range(self.bar.count()):
            stop = getattr(self.part(number), "stop", None)
            if stop is not None:
                stop()
