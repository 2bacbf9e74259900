"""A network under attack: how its accuracy falls, and what attacked pictures look like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from lepton_studio.engine import Progress, Robustness, Run, Samples, chosen_attack, load_and_attack
from lepton_studio.gui import theme
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.page import second, section
from lepton_studio.gui.progress_line import ProgressLine
from lepton_studio.gui.widgets.attacked_pictures import AttackedPicture, AttackedPictures
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.widgets.radius_curve import RadiusCurve
from lepton_studio.gui.wording import grouped, percent, split_word

# The first is the network as it is; so many steps and pictures answer within seconds on a laptop.
RADII = (0.0, 0.05, 0.1, 0.15, 0.2)
KIND, STEPS, PICTURES = "pgd", 10, 200
# What is shown first when all is known: the radius of the field's usual comparisons on digits.
SHOWN_FIRST = RADII.index(0.1)


class AttackView(QWidget):
    """The curve at the left, pictures of the chosen radius at the right; it works only while somebody looks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Has nothing to look at yet."""
        super().__init__(parent)
        self._question: tuple[Run, Samples | None, str] | None = None
        self._samples: Samples | None = None
        self._results: list[Robustness] = []
        self.work = LatestWork(self, self._job)
        self.work.event_emitted.connect(self._take)
        self.work.job_failed.connect(self._fail)
        self.work.ended.connect(self._ended)
        self.message = MessageLine()
        self.progress = ProgressLine("attack_cancel")
        self.progress.cancel_wanted.connect(self._cancel)
        self.curve = RadiusCurve()
        self.curve.setObjectName("attack_curve")
        self.curve.point_chosen.connect(self._show_pictures)
        self.pictures = AttackedPictures()
        self.pictures.setObjectName("attack_pictures")
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("attack_splitter")
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._make_left())
        splitter.addWidget(self._make_right())
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([theme.px(420), theme.px(620)])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addWidget(
            second(
                self.tr(
                    "An attack (PGD, {} steps) knows the network and moves every pixel a little, so that the network "
                    "errs. A network that learned from attacked pictures resists longer: on the Train page, choose "
                    "the recipe Robust."
                ).format(STEPS)
            )
        )
        layout.addWidget(self.message)
        layout.addWidget(self.progress)
        layout.addWidget(splitter, 1)
        self.look_at(None, None, "")

    def look_at(self, run: Run | None, samples: Samples | None, split: str, why_not: str = "") -> None:
        """Attacks the pictures of a split, when the view is seen; no run: says ``why_not`` instead.

        ``samples`` are those of the run's dataset if they are loaded already.
        """
        self._question = None if run is None else (run, samples, split)
        self._results = []
        self.message.clear()
        self.progress.show_progress(None)
        self.curve.set_radii(() if run is None else RADII)
        self.curve.set_placeholder(why_not or self.tr("Here you will see how accuracy falls under attack."))
        self.pictures.clear()
        self.pictures.set_placeholder("" if run is None else self.tr("Attacking ..."))
        self._title.setText(self.tr("Accuracy under attack"))
        self._pictures_title.setText(self.tr("Attacked pictures"))
        if run is None:
            self.work.drop()
        else:
            self.work.wish()

    def stop(self) -> None:
        """Ends the work for good."""
        self.work.stop()

    # --- parts

    def _make_left(self) -> QWidget:
        self._title = section("")
        return _column(self._title, self.curve)

    def _make_right(self) -> QWidget:
        self._pictures_title = section("")
        return _column(self._pictures_title, self.pictures, left=theme.GAP)

    # --- what happens

    def _job(self) -> Iterator[Any] | None:
        if self._question is None:
            return None
        run, samples, split = self._question
        attacks = [chosen_attack(KIND, radius, STEPS) for radius in RADII]
        return load_and_attack(run, samples, attacks, split, PICTURES)

    def _take(self, event: object) -> None:
        if isinstance(event, Samples):
            self._samples = event
        elif isinstance(event, Progress):
            self.progress.show_progress(event)
        elif isinstance(event, Robustness):
            self._results.append(event)
            self.curve.add_accuracy(event.accuracy)
            if self._question is not None:
                of = self.tr("{} pictures ({})").format(grouped(len(event.clean.labels)), split_word(self._question[2]))
                self._title.setText(self.tr("Accuracy under attack · {}").format(of))
            # Each comes to the front as it is known, up to the one that says most.
            if len(self._results) - 1 <= SHOWN_FIRST:
                self.curve.choose(len(self._results) - 1)
                self._show_pictures(len(self._results) - 1)

    def _fail(self, error: Exception) -> None:
        self.message.say(str(error) or type(error).__name__)
        self.pictures.set_placeholder("")

    def _ended(self) -> None:
        self.progress.show_progress(None)

    def _cancel(self) -> None:
        self.work.drop()
        self.progress.show_progress(None)
        self.pictures.set_placeholder(self.tr("Cancelled."))

    # --- what is shown

    def _show_pictures(self, place: int) -> None:
        result, samples = self._results[place], self._samples
        if samples is None:
            return
        radius = RADII[place]
        larger = (
            self.tr("the change, {} times as strong (orange: lighter, blue: darker)").format(f"{1 / radius:.3g}")
            if radius
            else self.tr("no change")
        )
        shown = [self._picture(result, samples, at) for at in _one_of_each_class(self._results[: place + 1])]
        headings = (
            self.tr("the picture, and what the network says"),
            larger,
            self.tr("attacked, the most easily fooled first"),
        )
        self.pictures.show_pictures(shown, radius, headings)
        self._pictures_title.setText(self.tr("Radius {}: {} right").format(f"{radius:g}", percent(result.accuracy, 1)))

    @staticmethod
    def _picture(result: Robustness, samples: Samples, at: int) -> AttackedPicture:
        names, label = result.clean.class_names, int(result.clean.labels[at])

        def said(probabilities: Any, answer: int) -> str:
            return f"{names[answer]}  {percent(float(probabilities[at, answer]), 0)}"

        before, after = int(result.clean.answers[at]), int(result.attacked.answers[at])
        return AttackedPicture(
            before=samples.images[result.clean.indices[at]],
            after=result.pictures[at],
            said_before=said(result.clean.probabilities, before),
            said_after=said(result.attacked.probabilities, after),
            right_before=before == label,
            right_after=after == label,
        )


def _one_of_each_class(results: Sequence[Robustness]) -> list[int]:
    """For each class the picture that is fooled by the smallest radius, of those right while nobody attacks them.

    Those that are fooled first come first, so that they stay in their places when the radius grows.
    """
    clean = results[0].clean
    wrong = np.array([result.attacked.answers != clean.labels for result in results])
    fooled_at = np.where(wrong.any(axis=0), wrong.argmax(axis=0), len(results))
    right = np.flatnonzero(clean.answers == clean.labels)
    right = right[right < len(results[0].pictures)]
    order = right[np.argsort(fooled_at[right], kind="stable")]
    _, first = np.unique(clean.labels[order], return_index=True)
    return [int(place) for place in order[np.sort(first)]]


def _column(title: QLabel, content: QWidget, left: int = 0) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(left, 0, 0, 0)
    layout.setSpacing(theme.GAP_SMALL)
    layout.addWidget(title)
    layout.addWidget(content, 1)
    return column
