"""Finds the training pictures most like the drawing, by their pixels or by what the network makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from lepton_studio.engine import (
    FeatureNeighbours,
    Neighbours,
    Part,
    PixelNeighbours,
    Predictor,
    Progress,
    Run,
    feature_neighbours,
    pixel_neighbours,
)
from lepton_studio.gui.alike_source import Source, Wanted, load_source, source_for
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.runner import Runner

COUNT = 12
# The pen must rest so long: a search takes as long as a frame.
REST_MILLISECONDS = 100
# For so many weights what the network makes of all pictures is remembered: some 30 MB each.
MOST_SIGHTS = 3

Way = Literal["pixels", "features"]


@dataclass(frozen=True, eq=False)
class Sight:
    """What one network, with the weights of one moment, makes of the pictures of a source."""

    source: Source
    predictor: Predictor
    key: tuple[str, int, int]
    neighbours: FeatureNeighbours


@dataclass(frozen=True, eq=False)
class Found:
    """The pictures most like a part, nearest first."""

    part: Part
    way: Way
    source: Source
    nearest: Neighbours


class AlikeSearch(QObject):
    """Follows the easel while somebody looks; prepares in the background what a search needs.

    Its owner calls :meth:`stop`.

    Attributes:
        way: by what pictures are compared.
        source: where it looks; None while it is not here.
        found: what was found last; None if nothing was, or nothing is drawn.
        progress: how far the preparations are; None while nothing is prepared.

    Signals:
        changed: anything of this is another thing.
    """

    changed = Signal()

    def __init__(self, easel: Easel, widget: QWidget) -> None:
        """Prepares nothing before somebody looks."""
        super().__init__(widget)
        self._easel, self._widget = easel, widget
        self.way: Way = "pixels"
        self.source: Source | None = None
        self.found: Found | None = None
        self.progress: Progress | None = None
        self._trouble, self._is_search_failed = "", False
        self._loaded: Source | None = None
        self._loaded_for = ""
        self._pixels: tuple[Source, PixelNeighbours] | None = None
        self._sights: list[Sight] = []
        # What a person cancelled is not begun again by itself.
        self._refused: tuple[object, ...] = ()
        self._asked_for: tuple[object, ...] = ()
        self._runner = Runner(self)
        self._runner.event_emitted.connect(self._take)
        self._runner.job_failed.connect(self._fail)
        self._runner.finished.connect(self._end)
        self._work = LatestWork(widget, self._job, rest=REST_MILLISECONDS)
        self._work.event_emitted.connect(self._take_found)
        self._work.job_failed.connect(self._fail_search)
        for signal in (easel.answered, easel.part_chosen):
            signal.connect(self._follow)
        easel.network_changed.connect(self.refresh)
        easel.session.samples_changed.connect(self.refresh)

    @property
    def is_stale(self) -> bool:
        """Whether what was found belongs to another drawing, network or way than that of now."""
        found = self.found
        return found is not None and (
            found.part is not self._easel.part or found.way != self.way or not found.source.is_same(self.source)
        )

    @property
    def sight(self) -> Sight | None:
        """What the network of now makes of the pictures; of one that learns, what it made of them when it was asked."""
        run = self._easel.run
        if run is None or self.source is None:
            return None
        alike = [
            each for each in self._sights if each.key[:2] == run.weights_key[:2] and each.source.is_same(self.source)
        ]
        return next((each for each in alike if each.key == run.weights_key), alike[-1] if alike else None)

    @property
    def has_learned_since(self) -> bool:
        """Whether the network has other weights than those with which it looked at the pictures."""
        run, sight = self._easel.run, self.sight
        return run is not None and sight is not None and sight.key != run.weights_key

    @property
    def trouble(self) -> str:
        """Why there are none; empty if there could be some."""
        return self._trouble if self.was_refused or self._is_search_failed else ""

    @property
    def was_refused(self) -> bool:
        """Whether something is missing that a person cancelled, or that failed: :meth:`prepare` tries again."""
        return bool(self._refused) and not self._runner.isRunning() and self._next_name() == self._refused

    @property
    def is_nowhere(self) -> bool:
        """Whether there are no pictures on this computer that the network could be compared with."""
        predictor = self._easel.predictor
        return predictor is not None and self.source is None and source_for(predictor, self._easel.session) is None

    def go(self, way: Way) -> None:
        """Compares by something else."""
        if way != self.way:
            self.way, self._refused = way, ()
            self.refresh()

    def refresh(self) -> None:
        """Looks for the pictures of the network of now."""
        if not self._widget.isVisible():
            return
        if self._runner.is_paused:
            self._runner.go_on()
        self._find_source()
        self._prepare()
        self._follow()

    def prepare(self) -> None:
        """Prepares what is missing, also what a person cancelled before, and also for newer weights."""
        self._refused = ()
        if self.has_learned_since and not self._runner.isRunning():
            sight = self.sight
            self._sights = [each for each in self._sights if each is not sight]
        self._prepare()
        self.changed.emit()

    def cancel(self) -> None:
        """Ends the preparations."""
        self._refused = self._asked_for
        self._runner.request_stop()

    def rest(self) -> None:
        """Nobody looks: what is being prepared waits."""
        if self._runner.isRunning():
            self._runner.pause()

    def stop(self) -> None:
        """Ends for good."""
        self._work.stop()
        self._runner.stop()

    # --- preparing

    def _find_source(self) -> None:
        predictor = self._easel.predictor
        chosen = source_for(predictor, self._easel.session) if predictor is not None else None
        if isinstance(chosen, Wanted):
            is_loaded = self._loaded is not None and (self._loaded.dataset, self._loaded.is_learned) == (
                chosen.dataset, chosen.is_learned,
            )  # fmt: skip
            # Another run of the same dataset may have learned from another part of it.
            chosen = self._loaded if is_loaded and self._loaded_for == self._run_id() else None
        self.source = chosen

    def _run_id(self) -> str:
        return self._easel.run.id if self._easel.run is not None else ""

    def _prepare(self) -> None:
        name = self._next_name()
        if not name or name == self._refused or not self._widget.isVisible():
            return
        if self._runner.isRunning():
            if name != self._asked_for:
                # Something else is wanted now; that begins when this has ended.
                self._runner.request_stop()
            return
        predictor, source = self._easel.predictor, self.source
        assert predictor is not None
        self._asked_for, self._trouble = name, ""
        self.progress = Progress(self.tr("Looking"), 0, 1)
        if source is None:
            wanted = source_for(predictor, self._easel.session)
            assert isinstance(wanted, Wanted)
            self._runner.walk(load_source(predictor, wanted))
        else:
            self._runner.walk(_prepare_pixels(source) if name[0] == "pixels" else _look_at_all(source, predictor.run))

    def _next_name(self) -> tuple[object, ...]:
        """By what the next job is known; empty if there is none."""
        predictor, source = self._easel.predictor, self.source
        if predictor is None:
            return ()
        if source is None:
            wanted = source_for(predictor, self._easel.session)
            return ("load", predictor.run.id, wanted) if isinstance(wanted, Wanted) else ()
        if self.way == "pixels":
            is_ready = self._pixels is not None and self._pixels[0].is_same(source)
            return () if is_ready else ("pixels", id(source.samples.images))
        if self.sight is not None:
            return ()
        return ("features", id(source.samples.images), *predictor.run.weights_key[:2])

    def _take(self, event: object) -> None:
        if isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, Source):
            self._loaded, self._loaded_for = event, str(self._asked_for[1])
        elif isinstance(event, tuple):
            self._pixels = event
        elif isinstance(event, Sight):
            self._sights = [*self._sights, event][-MOST_SIGHTS:]
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        # Not tried again by itself.
        self._trouble, self._refused = str(error), self._asked_for
        self.changed.emit()

    def _fail_search(self, error: Exception) -> None:
        self._trouble, self._is_search_failed = str(error), True
        self.changed.emit()

    def _end(self) -> None:
        self.progress = None
        if self._widget.isVisible():
            self._find_source()
            self._prepare()
            self._follow()
        else:
            self.changed.emit()

    # --- searching

    def _follow(self) -> None:
        if not self._widget.isVisible():
            return
        self._is_search_failed = False
        if self._easel.part is None or self.is_nowhere:
            # Nor is anything true any more of what was found for another network.
            self._work.drop()
            self.found = None
        else:
            self._work.wish()
        self.changed.emit()

    def _job(self) -> Iterator[Found] | None:
        part, source, way = self._easel.part, self.source, self.way
        if part is None or source is None or part.picture.shape != source.samples.shape:
            return None
        if way == "features":
            sight = self.sight
            return _search_features(part, sight) if sight is not None else None
        is_ready = self._pixels is not None and self._pixels[0].is_same(source)
        return _search_pixels(part, source, self._pixels[1]) if is_ready and self._pixels is not None else None

    def _take_found(self, event: Found) -> None:
        if self._easel.part is not None:
            self.found = event
            self.changed.emit()


def _prepare_pixels(source: Source) -> Iterator[object]:
    for event in pixel_neighbours(source.samples, source.among):
        yield (source, event) if isinstance(event, PixelNeighbours) else event


def _look_at_all(source: Source, run: Run) -> Iterator[object]:
    # A network of its own: that of the page is asked at the same time, and may learn meanwhile.
    predictor = Predictor(run)
    key = (*run.weights_key[:2], predictor.version if run.weights is not None else run.weights_version)
    for event in feature_neighbours(source.samples, predictor, source.among):
        yield Sight(source, predictor, key, event) if isinstance(event, FeatureNeighbours) else event


def _search_pixels(part: Part, source: Source, prepared: PixelNeighbours) -> Iterator[Found]:
    yield Found(part, "pixels", source, prepared.of_picture(part.picture, COUNT))


def _search_features(part: Part, sight: Sight) -> Iterator[Found]:
    features: NDArray[np.float32] = sight.predictor.look(part.picture[None]).features[0]
    yield Found(part, "features", sight.source, sight.neighbours.of_features(features, COUNT))
