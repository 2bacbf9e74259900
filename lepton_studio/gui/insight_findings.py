"""What was found in the data: pictures that are there more than once, and labels that a network doubts."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import SPLIT_NAMES, DuplicateGroup, Duplicates, Samples, Suspects
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second
from lepton_studio.gui.widgets.picture_groups import PictureGroup, PictureGroups
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.wording import grouped, percent, split_word

# More groups or suspects than that nobody looks through; the figures count all.
MOST_GROUPS, MOST_OF_A_GROUP, MOST_SUSPECTS = 500, 60, 300


class DuplicatesPanel(QWidget):
    """Groups of copies with the split and the class of each.

    Signals:
        sample_wanted: the position of the picture that was double-clicked, to be seen at large.
    """

    sample_wanted = Signal(int)

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self.setObjectName("insight_duplicates")
        self._duplicates: Duplicates | None = None
        self._samples: Samples | None = None
        self.figures = QLabel(wordWrap=True)
        self.figures.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        self.kind_picker = QuietComboBox()
        self.kind_picker.setObjectName("insight_duplicate_kind")
        self.kind_picker.setAccessibleName(self.tr("Which copies are shown"))
        for text, kind in (
            (self.tr("All"), "all"),
            (self.tr("Exact copies"), "exact"),
            (self.tr("Near copies"), "near"),
            (self.tr("In several splits"), "leak"),
            (self.tr("With different labels"), "labels"),
        ):
            self.kind_picker.addItem(text, kind)
        self.kind_picker.setMinimumContentsLength(18)
        self.kind_picker.activated.connect(self._show_groups)
        self.pictures = PictureGroups()
        self.pictures.setAccessibleName(self.tr("Groups of copies"))
        self.pictures.sample_activated.connect(self.sample_wanted)
        row = QHBoxLayout()
        row.addWidget(self.figures, 1)
        row.addWidget(self.kind_picker, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(row)
        layout.addWidget(
            second(
                self.tr(
                    "A picture that is in training and in test at once is a leak: the network may know it by heart, "
                    "and the test flatters it. Copies with different labels teach two answers to one question. "
                    "A double click shows a picture at large."
                )
            )
        )
        layout.addWidget(self.pictures, 1)
        self.show_duplicates(None, None)

    def show_duplicates(self, duplicates: Duplicates | None, samples: Samples | None) -> None:
        """Shows what was found, or nothing."""
        self._duplicates, self._samples = duplicates, samples
        if duplicates is None:
            self.figures.clear()
        elif not duplicates.groups:
            self.figures.setText(self.tr("No copies: every picture is there once"))
        else:
            leaks = duplicates.leaked() if {"train", "test"} <= set(duplicates.split_names) else 0
            groups = len(duplicates.groups)
            several = self.tr("{} groups of copies").format(grouped(groups))
            text = self.tr("{} in test and training both").format(grouped(leaks))
            self.figures.setText(f"{text} · {self.tr('1 group of copies') if groups == 1 else several}")
        self._show_groups()

    def _show_groups(self) -> None:
        duplicates, samples = self._duplicates, self._samples
        if duplicates is None or samples is None:
            self.pictures.set_groups(np.zeros((0, 1, 1, 1), np.uint8), ())
            self.pictures.set_placeholder(self.tr("Here you will see pictures that are there more than once."))
            return
        kind = self.kind_picker.currentData()
        chosen = [group for group in duplicates.groups if _is_of_kind(group, kind)][:MOST_GROUPS]
        shown = [self._group(group, duplicates, samples) for group in chosen]
        self.pictures.set_placeholder(self.tr("There are no such copies in this dataset."))
        self.pictures.set_groups(samples.images, shown)

    def _group(self, group: DuplicateGroup, duplicates: Duplicates, samples: Samples) -> PictureGroup:
        count = grouped(len(group.positions))
        title = self.tr("{} equal pictures") if group.is_exact else self.tr("{} nearly equal pictures")
        parts = [title.format(count)]
        if len(group.splits) > 1:
            parts.append(self.tr("in {}").format(" + ".join(split_word(split) for split in group.splits)))
        if group.labels_differ:
            parts.append(self.tr("labels differ"))
        positions = group.positions[:MOST_OF_A_GROUP]
        splits = tuple(_split_of(duplicates, int(at)) for at in positions)
        captions = tuple(
            (samples.class_of(int(at)), f"{split_word(split) if split else '-'} {grouped(int(at))}")
            for at, split in zip(positions, splits, strict=True)
        )
        warns = ("train" in group.splits and "test" in group.splits) or group.labels_differ
        return PictureGroup(" · ".join(parts), positions, captions, splits, warns)


def _split_of(duplicates: Duplicates, position: int) -> str:
    number = int(duplicates.split_of[position])
    return duplicates.split_names[number] if number >= 0 else ""


def _is_of_kind(group: DuplicateGroup, kind: str) -> bool:
    return {
        "exact": group.is_exact,
        "near": not group.is_exact,
        "leak": len(group.splits) > 1,
        "labels": group.labels_differ,
    }.get(kind, True)


class SuspectsPanel(QWidget):
    """Pictures whose label the chosen network doubts, the most doubtful first, and the button that changes it.

    Signals:
        sample_wanted: the position of the picture that is to be seen at large.
        relabel_wanted: for the names of classes the positions (a list of int) that should have them.
        split_picked: another split should be looked at.
    """

    sample_wanted = Signal(int)
    relabel_wanted = Signal(dict)
    split_picked = Signal()

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self.setObjectName("insight_suspects")
        self._suspects: Suspects | None = None
        self.figures = QLabel(wordWrap=True)
        self.figures.setFont(theme.font_of(theme.SECTION_PIXELS, semibold=True))
        self.split_picker = QuietComboBox()
        self.split_picker.setObjectName("insight_suspects_split")
        self.split_picker.setAccessibleName(self.tr("Which split is looked at"))
        for split in reversed(SPLIT_NAMES):
            self.split_picker.addItem(split_word(split), split)
        self.split_picker.activated.connect(self.split_picked)
        self.advice = second()
        self.pictures = PictureGroups()
        self.pictures.setAccessibleName(self.tr("Pictures whose label is doubted"))
        self.pictures.sample_activated.connect(self.sample_wanted)
        self.pictures.selection_changed.connect(self._show_choice)
        self.explanation = QLabel(wordWrap=True)
        self.change_button = button("insight_relabel", self.tr("Change label"), "pencil", main=True)
        self.change_button.clicked.connect(self._relabel)
        self.show_button = button("insight_show", self.tr("See it at large"), "image")
        self.show_button.setToolTip(self.tr("Shows it among all pictures, as a double click does"))
        self.show_button.clicked.connect(self._show_large)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self.pictures)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            # The next picture is chosen after each: whoever leaves a finger on the key has not looked at it.
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(self._relabel)
        self._lay_out()
        self.show_suspects(None, None, "")

    def _lay_out(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.figures, 1)
        top.addWidget(self.split_picker, 0, Qt.AlignmentFlag.AlignTop)
        bottom.addWidget(self.explanation, 1)
        bottom.addWidget(self.show_button)
        bottom.addWidget(self.change_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        layout.addLayout(top)
        layout.addWidget(self.advice)
        layout.addWidget(self.pictures, 1)
        layout.addLayout(bottom)

    @property
    def split(self) -> str:
        """The split that a person wants to look at."""
        return str(self.split_picker.currentData())

    def show_suspects(self, suspects: Suspects | None, samples: Samples | None, hint: str) -> None:
        """Shows what was found; without it the hint says what is missing for it."""
        place, chosen = self.pictures.verticalScrollBar().value(), self.pictures.selected_entries()
        goes_on = suspects is not None and self._suspects is not None and bool(chosen)
        self._suspects = suspects
        self.pictures.set_placeholder(hint)
        if suspects is None or samples is None:
            self.figures.setText(self.tr("Labels that the network doubts"))
            self.advice.setText(
                self.tr(
                    "A trained network that is sure of another answer than the label often has found a wrong label."
                )
            )
            self.pictures.set_groups(np.zeros((0, 1, 1, 1), np.uint8), ())
            return
        share = len(suspects) / max(1, suspects.looked_at)
        text = self.tr("{} of {} labels are doubted ({})")
        if len(suspects) == 1:
            text = self.tr("{} of {} labels is doubted ({})")
        self.figures.setText(text.format(grouped(len(suspects)), grouped(suspects.looked_at), percent(share, 1)))
        self.advice.setText(self._advice(suspects))
        shown = range(min(len(suspects), MOST_SUSPECTS))
        captions = tuple(self._caption(suspects, number) for number in shown)
        group = PictureGroup("", suspects.positions[: len(shown)], captions)
        self.pictures.set_placeholder(self.tr("The network agrees with every label of this split."))
        self.pictures.set_groups(samples.images, [group] if shown else [])
        if goes_on and shown:
            # Labels were changed: those that are settled have left, and the next stands where they stood.
            self.pictures.verticalScrollBar().setValue(place)
            self.pictures.choose(min(chosen[0], len(shown) - 1))

    def _advice(self, suspects: Suspects) -> str:
        if suspects.has_seen_labels:
            return self.tr(
                "Look at each: the label may be wrong, or the network is. It learned from these very labels, so it may "
                "agree with wrong ones; a network that learned without them sees more."
            )
        return self.tr("Look at each: the label may be wrong, or the network is. It never saw these labels.")

    def _caption(self, suspects: Suspects, number: int) -> tuple[str, str]:
        label = suspects.class_names[int(suspects.labels[number])]
        answer = suspects.class_names[int(suspects.answers[number])]
        confidence = min(float(suspects.confidences[number]), 0.9999)
        return f"{label} → {answer}?", percent(confidence, 2 if confidence >= 0.999 else 1)

    def _show_choice(self) -> None:
        entries, suspects = self.pictures.selected_entries(), self._suspects
        answers = {suspects.class_names[int(suspects.answers[at])] for at in entries} if suspects is not None else set()
        self.change_button.setEnabled(bool(entries))
        self.show_button.setEnabled(len(entries) == 1)
        self.change_button.setText(
            self.tr("Change label to {}").format(next(iter(answers)))
            if len(answers) == 1
            else self.tr("Change {} labels").format(len(entries))
            if answers
            else self.tr("Change label")
        )
        if suspects is not None and len(entries) == 1:
            self.explanation.setText(suspects.explanation(entries[0]))
        elif entries:
            text = self.tr("{} pictures are selected; each gets the answer of the network as its label.")
            self.explanation.setText(text.format(grouped(len(entries))))
        else:
            self.explanation.setText(
                self.tr("Choose a picture; Ctrl and Shift select several, Enter changes their label.")
                if suspects is not None and len(suspects)
                else ""
            )

    def _relabel(self) -> None:
        suspects = self._suspects
        if suspects is None:
            return
        wanted: dict[str, list[int]] = {}
        for at in self.pictures.selected_entries():
            answer = suspects.class_names[int(suspects.answers[at])]
            wanted.setdefault(answer, []).append(int(suspects.positions[at]))
        if wanted:
            self.relabel_wanted.emit(wanted)

    def _show_large(self) -> None:
        for position in self.pictures.selected_positions()[:1]:
            self.sample_wanted.emit(position)
