"""The training pictures most like the drawing: by their pixels, and as the network sees them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.alike_detail import AlikeDetail
from lepton_studio.gui.alike_search import AlikeSearch, Found, Way
from lepton_studio.gui.alike_wording import AlikeWording
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.narrow_progress import NarrowProgress
from lepton_studio.gui.page import button, second
from lepton_studio.gui.widgets.alike_pictures import AlikeLook, AlikePictures
from lepton_studio.gui.widgets.verdict_card import VerdictCard


class AlikeView(QWidget):
    """Follows the drawing while somebody looks. Its owner calls :meth:`stop`."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Prepares nothing before it is looked at."""
        super().__init__(parent)
        self.setObjectName("alike_view")
        self._easel = easel
        self.search = AlikeSearch(easel, self)
        self._wording = AlikeWording(self)
        self._shown: Found | None = None
        self._make_parts()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.GRID, 0)
        column.setSpacing(theme.GAP_SMALL)
        for part in (self.pictures, self.detail, self.empty):
            column.addWidget(part)
        column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A bar that comes and goes with the detail would change the size of all pictures.
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(inside)
        ways = QHBoxLayout()
        ways.setSpacing(theme.GAP_SMALL)
        for each in self.ways.values():
            ways.addWidget(each, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(ways)
        for piece in (self.verdict, self.about, self.progress, self.prepare_button):
            layout.addWidget(piece)
        layout.addWidget(self._area, 1)
        self.search.changed.connect(self._show)

    def stop(self) -> None:
        """Ends background work for good."""
        self.search.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        self.search.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rests."""
        super().hideEvent(event)
        self.search.rest()

    # --- parts

    def _make_parts(self) -> None:
        self.ways: dict[Way, QPushButton] = {
            "pixels": button("alike_pixels", self.tr("By pixels")),
            "features": button("alike_features", self.tr("As the network sees")),
        }
        group = QButtonGroup(self)
        for way, each in self.ways.items():
            each.setCheckable(True)
            group.addButton(each)
            each.clicked.connect(lambda _checked=False, chosen=way: self.search.go(chosen))
        self.ways[self.search.way].setChecked(True)
        self.verdict = VerdictCard("alike_verdict")
        self.about = second()
        self.about.setObjectName("alike_about")
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.progress = NarrowProgress("alike_cancel")
        self.progress.cancel_wanted.connect(self.search.cancel)
        self.prepare_button = button("alike_prepare", "")
        self.prepare_button.clicked.connect(self.search.prepare)
        self.pictures = AlikePictures()
        self.pictures.setObjectName("alike_pictures")
        self.pictures.picture_chosen.connect(self._choose)
        self.detail = AlikeDetail()
        self.detail.data_wanted.connect(self._show_in_data)
        self.empty = second(
            self.tr(
                "Here you will see the training pictures most like your drawing. A network learned from such pictures: "
                "where even the nearest are of other classes, it has never seen the like."
            )
        )

    # --- what people do

    def _choose(self, at: int) -> None:
        found = self._shown
        if found is None or at >= len(found.nearest.positions):
            return
        position = int(found.nearest.positions[at])
        source = found.source
        is_shown_in_data = source.samples is self._easel.session.samples
        self.detail.show_pair(
            found.part.picture,
            np.asarray(source.samples.images[position]),
            self._wording.closely(found, at, self.pictures.look),
            position if is_shown_in_data else None,
        )
        # After the layout has made room for it.
        QTimer.singleShot(0, self, lambda: self._area.ensureWidgetVisible(self.detail, 0, 0))

    def _show_in_data(self, position: int) -> None:
        self._easel.session.sample_wanted.emit(position)

    # --- what is shown

    def _show(self) -> None:
        if not self.isVisible():
            return
        search = self.search
        self.progress.show_progress(search.progress)
        self._show_found()
        self.verdict.say(*self._wording.verdict(search, self._easel))
        self.about.setText(self._wording.about(search, self._easel))
        offer = self._wording.offer(search, self._easel)
        self.prepare_button.setText(offer)
        self.prepare_button.setVisible(bool(offer))

    def _show_found(self) -> None:
        found = self.search.found
        if found is not self._shown:
            self._shown = found
            self.detail.hide()
            self.pictures.show_look(self._look(found))
        self.pictures.show_look(self.pictures.look, self.search.is_stale)
        self.pictures.setVisible(found is not None)
        self.empty.setVisible(found is None)

    def _look(self, found: Found | None) -> AlikeLook:
        if found is None:
            return AlikeLook()
        samples, positions = found.source.samples, found.nearest.positions
        labels = tuple(samples.class_of(int(position)) for position in positions)
        return AlikeLook(
            np.asarray(samples.images[positions]),
            labels,
            tuple(label == found.part.label for label in labels),
            tuple(self._wording.distance(float(each), found.way) for each in found.nearest.distances),
        )
