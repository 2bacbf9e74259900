"""What the network makes of things, epoch by epoch: followed pictures, its confusions, its first filters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QScrollArea, QVBoxLayout, QWidget

from lepton_studio.engine import Run, Samples, Snapshot
from lepton_studio.gui import theme
from lepton_studio.gui.live_rest import LiveRest
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.page import second, section
from lepton_studio.gui.widgets.filter_grid import FilterGrid
from lepton_studio.gui.widgets.followed_detail import FollowedDetail
from lepton_studio.gui.widgets.followed_painter import FollowedLook
from lepton_studio.gui.widgets.followed_pictures import FollowedPictures
from lepton_studio.gui.widgets.painting import Bytes
from lepton_studio.gui.widgets.small_confusion import SmallConfusion, strongest_confusions

MOST_CONFUSIONS = 3


class WatchView(QScrollArea):
    """A column to scroll; follows the monitor while it is seen."""

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Shows what there is."""
        super().__init__(parent)
        self.setObjectName("watch_view")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Squares as high as the column is wide: a bar that comes and goes would change what it was needed for.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._monitor = monitor
        self._rest = LiveRest(monitor)
        self._look = FollowedLook()
        self._chosen: int | None = None
        self._seen: tuple[object, ...] = ()
        self._pictures: Bytes | None = None
        self._pictures_of: tuple[Samples | None, NDArray[np.int64]] = (None, np.zeros(0, np.int64))
        self._make_empty()
        self._make_followed()
        self._make_confusion()
        self._make_filters()
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, theme.GAP_SMALL, 0)
        layout.setSpacing(theme.GAP)
        for part in (self.empty, self._followed, self._confused, self._filtered):
            layout.addWidget(part)
        layout.addStretch(1)
        self.setWidget(column)
        monitor.moved.connect(self._follow)
        # A pause lets it catch up.
        monitor.session.training_changed.connect(self._follow)
        monitor.session.samples_changed.connect(self._follow)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        self._show()

    # --- parts

    def _make_empty(self) -> None:
        self.empty = second(
            self.tr(
                "Here you will see the same sixteen pictures all through the training: what the network answers, how "
                "sure it is, and how that changes from epoch to epoch. Below them, which classes it takes for which, "
                "and the small patterns that its first layer looks for. Press Start."
            )
        )
        self.empty.setObjectName("watch_empty")

    def _make_followed(self) -> None:
        self._followed_text = second()
        self._followed_text.setObjectName("watch_followed_text")
        self.pictures = FollowedPictures()
        self.pictures.setObjectName("followed_pictures")
        self.pictures.picture_chosen.connect(self._choose)
        self.detail = FollowedDetail()
        self.detail.turned.connect(self._turn)
        self.detail.closed.connect(self._let_go)
        self._followed = _column(section(self.tr("Followed pictures")), self._followed_text, self.pictures, self.detail)

    def _make_confusion(self) -> None:
        self.matrix = SmallConfusion()
        self.matrix.setObjectName("watch_confusion")
        self.matrix.cell_chosen.connect(self._tell_cell)
        self._cell_text = _plain("watch_cell_text")
        self.confusions = _plain("watch_confusions")
        self._confused = _column(
            section(self.tr("What is taken for what")), self.confusions, self.matrix, self._cell_text
        )

    def _make_filters(self) -> None:
        self._filters_text = second()
        self._filters_text.setObjectName("watch_filters_text")
        self.filters = FilterGrid()
        self.filters.setObjectName("watch_filters")
        self.change_box = QCheckBox(self.tr("Change since epoch 1"))
        self.change_box.setObjectName("watch_filters_change")
        self.change_box.toggled.connect(self._show_filters)
        self._filtered = _column(
            section(self.tr("Filters of the first layer")), self._filters_text, self.filters, self.change_box
        )

    # --- what people do

    def _choose(self, at: int) -> None:
        self._chosen = at
        self._show_detail()
        self.detail.setFocus()
        # After the layout has made room for it.
        QTimer.singleShot(0, self, self._scroll_to_detail)

    def _scroll_to_detail(self) -> None:
        # From the bottom up, so that of what is too high its top is seen.
        place = self.detail.geometry().translated(self._followed.pos())
        self.ensureVisible(0, place.bottom(), 0, theme.GAP)
        self.ensureVisible(0, place.top(), 0, theme.GAP)

    def _turn(self, by: int) -> None:
        if self._chosen is not None and len(self._look):
            self._chosen = (self._chosen + by) % len(self._look)
            self._show_detail()

    def _let_go(self) -> None:
        self._chosen = None
        self.detail.hide()
        self.pictures.setFocus()
        self.ensureWidgetVisible(self.pictures)

    def _tell_cell(self, row: int, column: int) -> None:
        self._cell_text.setText(self.matrix.cell_text(row, column))
        self._cell_text.show()

    # --- what it shows

    def _follow(self) -> None:
        if self.isVisible() and self._rest.is_due():
            self._show()

    def _show(self) -> None:
        monitor = self._monitor
        run, snapshot, samples = monitor.run, monitor.snapshot, monitor.session.samples
        seen = (run, snapshot, samples, monitor.epoch, len(monitor.trail), monitor.newest)
        if self._seen == seen:
            return
        self._seen = seen
        self._rest.note_drawn()
        self.empty.setVisible(run is None or snapshot is None)
        for part in (self._followed, self._confused, self._filtered):
            part.setVisible(run is not None and snapshot is not None)
        if run is None or snapshot is None:
            return
        self._show_followed(run, snapshot)
        self._show_confusion(run, snapshot)
        self._show_filters()

    def _show_followed(self, run: Run, snapshot: Snapshot) -> None:
        trail = self._monitor.trail.with_live(self._monitor.newest)
        self._look = FollowedLook(
            self._pictures_at(run, snapshot),
            snapshot.labels,
            snapshot.probabilities,
            self._names(run, snapshot.probabilities.shape[1]),
            trail.of_classes(snapshot.labels),
            trail.epochs,
            self._monitor.epoch,
        )
        self.pictures.show_look(self._look)
        text = self.tr("{0} of {1} answered right. The curve below each: how probable the right class was.")
        self._followed_text.setText(text.format(self._look.right, len(self._look)))
        self._show_detail()

    def _show_detail(self) -> None:
        if self._chosen is None or self._chosen >= len(self._look):
            self.detail.hide()
            return
        trail = self._monitor.trail.with_live(self._monitor.newest)
        self.detail.show_picture(
            self._look, self._chosen, self.pictures.text_of(self._chosen), trail.probabilities(self._chosen)
        )

    def _show_confusion(self, run: Run, snapshot: Snapshot) -> None:
        names = self._names(run, len(snapshot.confusion)) if len(snapshot.confusion) else ()
        if self._monitor.epochs:
            self.matrix.set_placeholder(self.tr("There are too many classes for a matrix of this size."))
        else:
            self.matrix.set_placeholder(self.tr("Comes after the first epoch: which class was taken for which."))
        self.matrix.set_matrix(snapshot.confusion, names)
        chosen = self.matrix.chosen()
        self._cell_text.setVisible(chosen is not None)
        if chosen is not None:
            self._cell_text.setText(self.matrix.cell_text(*chosen))
        lines = []
        for row, column, count in strongest_confusions(snapshot.confusion, MOST_CONFUSIONS):
            once, often = self.tr("{0} taken for {1}: once"), self.tr("{0} taken for {1}: {2} times")
            lines.append((once if count == 1 else often).format(names[row], names[column], count))
        if not lines and names:
            lines = [self.tr("No class was taken for another.")]
        self.confusions.setText("\n".join(lines))
        self.confusions.setVisible(bool(lines))

    def _show_filters(self) -> None:
        monitor, snapshot = self._monitor, self._monitor.snapshot
        if snapshot is None:
            return
        filters, scale = (
            snapshot.filters,
            max(monitor.trail.largest_weight, float(np.abs(snapshot.filters).max(initial=0))),
        )
        first = monitor.snapshot_of(monitor.epochs[0]) if monitor.epochs else None
        can_change = first is not None and first.filters.shape == filters.shape and bool(filters.size)
        is_change = can_change and self.change_box.isChecked()
        if first is not None and is_change:
            filters = filters - first.filters
        self.filters.setVisible(bool(filters.size))
        self.change_box.setVisible(bool(filters.size))
        self.change_box.setEnabled(can_change)
        self._filters_text.setText(self._filter_words(snapshot.filters.shape, is_change))
        if filters.size:
            self.filters.show_filters(filters, scale)

    def _filter_words(self, shape: tuple[int, ...], is_change: bool) -> str:
        if not all(shape) and not self._monitor.epochs:
            return self.tr("Come after the first epoch: the small patterns that the first convolution looks for.")
        if not all(shape):
            return self.tr(
                "This network has no convolution. The weights of one are small patterns that it looks for everywhere "
                "in the picture, and they would be shown here. Add a Convolution on the Build page."
            )
        if is_change:
            return self.tr("What the training has added to each weight since the end of epoch 1, and taken from it.")
        if shape[1] == 3:
            return self.tr(
                "Each looks for a pattern: bright where it wants much of a colour, dark where it wants none."
            )
        return self.tr("Each looks for a pattern: orange where it wants the picture bright, blue where dark.")

    def _names(self, run: Run, count: int) -> tuple[str, ...]:
        """What the classes are called; numbers if nobody knows."""
        samples = self._monitor.session.samples
        for names in (run.record.class_names, samples.class_names if samples is not None else ()):
            if len(names) == count:
                return names
        return tuple(str(number) for number in range(count))

    def _pictures_at(self, run: Run, snapshot: Snapshot) -> Bytes | None:
        """The followed pictures; None if the dataset of the run is not the one that is loaded."""
        session = self._monitor.session
        samples: Samples | None = session.samples
        if samples is None or session.experiment.dataset != run.experiment.dataset:
            return None
        followed = snapshot.followed
        if len(followed) and int(followed.max()) >= len(samples):
            return None
        if self._pictures_of[0] is not samples or not np.array_equal(self._pictures_of[1], followed):
            # Taken out once: they may lie in a file.
            self._pictures_of = (samples, followed)
            self._pictures = np.asarray(samples.images[followed])
        return self._pictures


def _column(*parts: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.GAP_SMALL)
    for part in parts:
        layout.addWidget(part)
    return column


def _plain(name: str) -> QLabel:
    """A line that names classes, which are what people wrote and no markup."""
    label = second()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
