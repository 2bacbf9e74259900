"""What the augmentations of the experiment make of one of its pictures, live."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from lepton_studio.engine import Samples, augmented_examples
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.augmentation_strip import AugmentationStrip
from lepton_studio.gui.widgets.form import spec_text

EXAMPLES = 8
# Longer than that, and a slider would stick to the hand.
MOST_SECONDS = 0.04


class AugmentationPreview(AugmentationStrip):
    """Follows the session: its samples, and the augmentations of its experiment."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Shows the first training picture."""
        super().__init__(parent)
        self.session = session
        self._seed = 0
        # The picture of a dataset is chosen once, so that it stays while a slider moves.
        self._picture_number = 0
        self._samples: Samples | None = None
        self._position = 0
        # How long the last examples took.
        self._seconds = 0.0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._show_examples_late)
        self.roll_wanted.connect(self._roll)
        self.other_picture_wanted.connect(self._take_other_picture)
        for signal in (
            session.experiment_changed,
            session.samples_changed,
            session.engine_started,
            session.training_changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Shows what is true now; costs nothing while nobody sees it."""
        session = self.session
        augmentations = session.experiment.hyperparameters.augmentations
        is_ink = session.experiment.dataset.of_ink()
        cautions = (each.ink_caution if is_ink else each.photo_caution for each in augmentations)
        self.caution("\n".join(dict.fromkeys(spec_text(text) for text in cautions if text)))
        if not session.engine_ready:
            self.say(self.tr("Preparing examples ..."))
        elif session.samples is None or not len(session.samples):
            self.say("")
        elif session.training_state != "idle":
            # The random numbers are the training's own; pictures that are shown already may stay.
            if self.pictures.original is None:
                self.say(self.tr("Examples are shown when the training has ended."))
        elif self.isVisible():
            if self._seconds < MOST_SECONDS:
                self._show_examples(session.samples)
            elif not self._soon.isActive():
                # Large pictures take longer than a slider's next move: at least as long is left to the slider.
                self._soon.start(round(self._seconds * 1000))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._soon.stop()

    def _show_examples_late(self) -> None:
        samples = self.session.samples
        if samples is not None and self.session.training_state == "idle":
            self._show_examples(samples)

    def _show_examples(self, samples: Samples) -> None:
        augmentations = self.session.experiment.hyperparameters.augmentations
        image = self._picture(samples)
        start = time.perf_counter()
        changed = augmented_examples(image, augmentations, EXAMPLES, self._seed)
        self._seconds = time.perf_counter() - start
        self.show_pictures(image, changed, self._explanation(bool(augmentations)))

    def _explanation(self, has_any: bool) -> str:
        if has_any:
            return self.tr("Left: the picture as it is. Right: what the network may see instead, each time anew.")
        return self.tr("Nothing is switched on: the network sees each picture as it is.")

    def _picture(self, samples: Samples) -> NDArray[np.uint8]:
        if samples is not self._samples:
            self._samples = samples
            self._position = _training_picture(samples, self._picture_number)
        return np.asarray(samples.images[self._position])

    def _roll(self) -> None:
        self._seed += 1
        self.refresh()

    def _take_other_picture(self) -> None:
        self._picture_number += 1
        self._samples = None
        self.refresh()


def _training_picture(samples: Samples, number: int) -> int:
    """The position of the first picture to learn from, then of others by chance; the same number gives the same."""
    candidates = np.flatnonzero(~samples.is_test)
    if not len(candidates):
        candidates = np.arange(len(samples))
    at = int(np.random.default_rng(number).integers(len(candidates))) if number else 0
    return int(candidates[at])
