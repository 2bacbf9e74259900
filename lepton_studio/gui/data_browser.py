"""The pictures of a dataset: a grid to look through, filters above it, one picture at large beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from lepton_studio.engine import LABEL_SOURCES, SPLIT_NAMES, Samples
from lepton_studio.gui import theme
from lepton_studio.gui.answering import Answering
from lepton_studio.gui.likeness import Likeness
from lepton_studio.gui.picture_filters import PictureFilters
from lepton_studio.gui.progress_line import ProgressLine
from lepton_studio.gui.relabelling import Relabelling
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.class_counts import ClassCounts
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.picture_browser import PictureBrowser
from lepton_studio.gui.widgets.sample_inspector import SampleInspector
from lepton_studio.gui.wording import grouped, percent, split_word

Splits = Mapping[str, NDArray[np.int64]]
BY_HAND = LABEL_SOURCES.index("hand")


class DataBrowser(QWidget):
    """The grid is the largest thing; what a person selects in it can be given another label."""

    def __init__(self, session: Session, message: MessageLine) -> None:
        """Shows the session's samples once :meth:`show_samples` is called; tells trouble in ``message``."""
        super().__init__()
        self.session, self._message = session, message
        self._samples: Samples | None = None
        self._splits: Splits = {}
        self._split_of: NDArray[np.int8] = np.empty(0, np.int8)
        self._likened: int | None = None
        self._told, self._found = "", 0
        self.relabelling = Relabelling(session, self)
        self.answering = Answering(session, self)
        self.answering.changed.connect(self._take_answers)
        self.answering.failed.connect(lambda error: self._tell(str(error) or type(error).__name__))
        session.run_chosen.connect(self._ask_another)
        session.engine_started.connect(self._show_sample)
        session.training_changed.connect(self._hear_of_training)
        self.likeness = Likeness(self)
        self.likeness.found.connect(self._show_neighbours)
        self.counts = ClassCounts()
        self.counts.setObjectName("class_counts")
        self.filters = PictureFilters()
        self.filters.changed.connect(lambda: self._ask(from_start=True))
        self._make_grid()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_SMALL)
        column.addWidget(self.counts)
        column.addWidget(self.filters)
        self._asking = ProgressLine("answers_cancel")
        self._asking.cancel_wanted.connect(self.answering.cancel)
        column.addWidget(self._asking)
        column.addWidget(self.grid, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("data_splitter")
        splitter.addWidget(left)
        splitter.addWidget(self.inspector)
        splitter.setStretchFactor(0, 1)
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def show_samples(self, samples: Samples, splits: Splits) -> None:
        """Shows a dataset; the same pictures with other labels or splits keep place, choice and filters."""
        before, self._samples, self._splits = self._samples, samples, splits
        self._split_of = np.zeros(len(samples), np.int8)
        for number, name in enumerate(SPLIT_NAMES):
            self._split_of[splits[name]] = number
        names = samples.class_names
        self.counts.set_counts(
            names, {split: np.bincount(samples.labels[at], minlength=len(names)) for split, at in splits.items()}
        )
        if before is not None and before.images is samples.images and before.class_names == names:
            self.grid.set_labels(samples.labels)
            self.inspector.neighbours.set_labels(samples.labels)
            self.filters.show_sources(samples)
        else:
            self._likened = None
            self.answering.cancel()
            self.filters.show_choices(samples)
            nothing = np.empty(0, np.int64)
            self.inspector.neighbours.set_pictures(samples.images, samples.labels, names, nothing)
            self.grid.set_pictures(samples.images, samples.labels, names, np.arange(len(samples)))
            self.grid.choose(0)
        self._filter()
        self._show_sample()

    def forget(self) -> None:
        """Lets a dataset go that is not there any more."""
        self._samples = None
        self.likeness.forget()
        self.answering.cancel()
        self.counts.set_counts((), {})
        self.inspector.show_sample(None, "", "")

    def go_to(self, position: int) -> None:
        """Shows one sample, whatever is filtered."""
        if not self.grid.choose(position) and self._samples is not None:
            with QSignalBlocker(self.filters):
                self.filters.show_choices(self._samples)
            self._filter()
            self.grid.choose(position)
        self._show_sample()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_sample()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.likeness.rest()
        self._likened = None

    def hand_over(self) -> tuple[Any, int | None]:
        """What the page that takes the place of this one shall show: the filters and the chosen picture."""
        return self.filters.settings(), self.grid.chosen()

    def take_over(self, work: tuple[Any, int | None]) -> None:
        """Shows what was looked at before; a network that must be asked for it is asked again."""
        settings, chosen = work
        self.filters.set_settings(settings)
        self._ask(from_start=False)
        self.grid.choose(chosen)
        self._show_sample()

    def stop(self) -> None:
        """Ends background work."""
        self.answering.stop()
        self.likeness.stop()

    # --- parts

    def _make_grid(self) -> None:
        self.grid = PictureBrowser()
        self.grid.setObjectName("thumbnail_grid")
        self.grid.sample_chosen.connect(self._show_sample)
        self.grid.selection_changed.connect(self._show_sample)
        self.grid.side_changed.connect(self.filters.size_slider.setValue)
        self.grid.set_side(self.filters.size_slider.value())
        self.filters.size_slider.valueChanged.connect(self.grid.set_side)
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.customContextMenuRequested.connect(self._show_menu)
        self.inspector = SampleInspector()
        self.inspector.label_changed.connect(self._relabel)
        self.inspector.label_restored.connect(lambda: self.relabelling.restore(self.grid.selected().tolist()))
        self.inspector.neighbour_chosen.connect(self.go_to)

    # --- what people do

    def _relabel(self, label: int) -> None:
        if self._samples is not None:
            self.relabelling.relabel(self.grid.selected().tolist(), self._samples.class_names[label])

    def _show_menu(self, point: QPoint) -> None:
        """The classes to choose from, where the mouse is."""
        if self._samples is None or not len(self.grid.selected()):
            return
        menu = QMenu(self)
        menu.setObjectName("label_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        count = len(self.grid.selected())
        text = self.tr("Label as") if count == 1 else self.tr("Label {} as").format(grouped(count))
        heading = menu.addAction(text)
        heading.setEnabled(False)
        for label, name in enumerate(self._samples.class_names):
            menu.addAction(name).triggered.connect(lambda _checked=False, label=label: self._relabel(label))
        menu.popup(self.grid.viewport().mapToGlobal(point))

    def _ask(self, from_start: bool) -> None:
        """Another filter, order or network: what must be asked first is asked."""
        if self._told and self._message.text == self._told:
            self._message.clear()
        if self.filters.asks_network and self._samples is not None:
            if self.session.chosen is None and self.session.engine_ready:
                self.filters.ask_nothing()
                self._tell(self.tr("There is no network yet that could answer. Train one first."))
            self.answering.ask()
        self.filters.name_network("" if self.session.chosen is None else self.session.chosen.record.name)
        self._filter(from_start)
        self._show_sample()

    # --- what the view shows

    def _tell(self, text: str) -> None:
        self._told = text
        self._message.say(text, "warning")

    def _ask_another(self) -> None:
        self._ask(from_start=self.filters.asks_network)

    def _hear_of_training(self) -> None:
        """What a network said while it learned is not what it says now."""
        if self.session.training_state == "idle" and self._samples is not None:
            self._ask(from_start=False)

    def _take_answers(self) -> None:
        progress = self.answering.progress
        self._asking.show_progress(progress)
        if progress is None and self._samples is not None:
            from_start = self.filters.asks_network
            if from_start and self.answering.answers() is None and not self.answering.is_under_way:
                # Cancelled, or nobody could answer: all pictures under "Answered wrong" would be a lie.
                self.filters.ask_nothing()
            self._filter(from_start)
            self._show_sample()

    def _filter(self, from_start: bool = False) -> None:
        """Shows what is picked; from the first on, or else with the same sample chosen as before."""
        samples = self._samples
        if samples is None:
            return
        answers = self.answering.answers()
        found = self.filters.pick(samples, self._splits, answers)
        self._found = len(found)
        self.grid.set_marks(None if answers is None else ~answers.is_right)
        slot = self.grid.slot()
        self.grid.set_indices(found)
        if len(found) and (from_start or self.grid.chosen() is None):
            # One that is not among them any more leaves its place to the next. What is selected will get the next
            # label, so that is looked at.
            first = int(found[0 if from_start else min(slot or 0, len(found) - 1)])
            self.grid.choose(next(iter(self.grid.selection().tolist()), first))

    def _show_sample(self) -> None:
        samples, at = self._samples, self.grid.chosen()
        if samples is None or at is None:
            self.inspector.show_sample(None, "", "")
            self.filters.show_count(0, 0 if samples is None else len(samples))
            return
        selected = self.grid.selected()
        self.filters.show_count(self._found, len(samples), len(self.grid.selection()))
        # Not while torch is imported, which wants the processor for itself, nor while nobody looks.
        if at != self._likened and self.session.engine_ready and self.isVisible():
            self._likened = at
            self.inspector.show_neighbours(np.empty(0, np.int64))
            self.likeness.ask(samples, at)
        self.inspector.show_sample(samples.images[at], samples.class_of(at), self._facts(samples, at), self._said(at))
        by_hand = samples.label_sources is not None and bool((samples.label_sources[selected] == BY_HAND).any())
        self.inspector.show_labels(samples.class_names, int(samples.labels[at]), len(selected), by_hand)

    def _show_neighbours(self, at: int, positions: NDArray[np.int64]) -> None:
        if at == self.grid.chosen():
            self.inspector.show_neighbours(positions)

    def _facts(self, samples: Samples, at: int) -> str:
        height, width = samples.images.shape[2:]
        split = split_word(SPLIT_NAMES[int(self._split_of[at])])
        lines = [self.tr("Number {} · {} split · {} × {} pixels").format(grouped(at), split, width, height)]
        if samples.sizes is not None and tuple(samples.sizes[at]) != (width, height):
            lines.append(self.tr("Found with {0} × {1} pixels").format(*samples.sizes[at].tolist()))
        if samples.origins and samples.origins[at]:
            lines.append(samples.origins[at])
        if samples.label_source(at) == "hand":
            lines.append(self.tr("Its label was changed by hand."))
        return "\n".join(lines)

    def _said(self, at: int) -> str:
        answer, run = self.answering.of_one(at), self.session.chosen
        if answer is None or run is None:
            return ""
        mark = "✓" if answer.is_right[0] else "✗"
        text = self.tr("{0} {1} says {2} ({3}, loss {4:.2f})")
        return text.format(
            mark, run.record.name, answer.class_of(0), percent(float(answer.confidence[0]), 1), answer.loss[0]
        )
