"""Who learns from what: a form of the splits, and a bar that shows what it makes of the dataset."""

from __future__ import annotations

import msgspec
import numpy as np
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import SPLIT_NAMES, Experiment, Hyperparameters, Samples, Splits, cut
from lepton_studio.gui import theme
from lepton_studio.gui.page import second
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import Form
from lepton_studio.gui.widgets.split_bar import BarPart, SplitBar
from lepton_studio.gui.wording import split_word

LABEL_WIDTH = 110
# So many classes are named in a warning; the others are counted.
NAMED = 3


class SplitsEditor(QWidget):
    """Shows the splits of the session's experiment and changes them through it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Makes the bar and the forms."""
        super().__init__(parent)
        self.setObjectName("splits_editor")
        self.session = session
        self._shown: tuple[Samples | None, Experiment | None] = (None, None)
        self.bar = SplitBar()
        self.bar.setObjectName("splits_bar")
        self.warning = QLabel(wordWrap=True)
        self.warning.setObjectName("splits_warning")
        self.warning.setProperty("role", "warning")
        self.note = second()
        self.note.setObjectName("splits_note")
        experiment = session.experiment
        self.test_form = self._form(experiment.splits, "test", "test_share", "validation")
        self.share_form = self._form(experiment.hyperparameters, "validation_share")
        self.drawing_form = self._form(experiment.splits, "stratified", "seed")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for widget in (self.bar, self.warning, self.test_form, self.share_form, self.drawing_form, self.note):
            layout.addWidget(widget)
        layout.addStretch(1)
        session.experiment_changed.connect(self.show_experiment)
        session.samples_changed.connect(self.show_experiment)
        self.show_experiment()

    def _form(self, value: msgspec.Struct, *fields: str) -> Form:
        form = Form(value, only=fields, label_width=theme.px(LABEL_WIDTH))
        form.value_edited.connect(self._edited)
        return form

    def _edited(self, value: Splits | Hyperparameters, text: str) -> None:
        field = {"splits": value} if isinstance(value, Splits) else {"hyperparameters": value}
        self.session.edit(text, msgspec.structs.replace(self.session.experiment, **field), merges=True)

    # --- what is shown

    def show_experiment(self) -> None:
        """Shows what the session holds."""
        experiment, samples = self.session.experiment, self.session.samples
        self.test_form.show_value(experiment.splits)
        self.share_form.show_value(experiment.hyperparameters)
        self.drawing_form.show_value(experiment.splits)
        # Cutting a large dataset takes a moment, and nobody looks at a form that is hidden.
        if (samples is self._shown[0] and experiment == self._shown[1]) or not self.isVisible():
            return
        self._shown = (samples, experiment)
        splits = {} if samples is None else dict(cut(samples, experiment))
        self.bar.set_parts([BarPart(split_word(name), name, len(at)) for name, at in splits.items()])
        warning = "" if samples is None else self._warning(samples, splits)
        self.warning.setText(warning)
        self.warning.setVisible(bool(warning))
        self._show_use(samples, experiment.splits)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_experiment()

    def _show_use(self, samples: Samples | None, splits: Splits) -> None:
        """Greys out what is of no use, and says why."""
        reasons = []
        test_drawn = splits.test == "drawn"
        validation_drawn = splits.validation == "drawn" or not _has_validation(samples)
        if not test_drawn:
            reasons.append(self.tr("The test share is of no use while the test is given."))
        if not validation_drawn:
            reasons.append(self.tr("The validation share is of no use while validation is given."))
        elif splits.validation == "given" and samples is not None:
            reasons.append(self.tr("Nobody set pictures aside for validation, so they are drawn."))
        if not test_drawn and not validation_drawn:
            reasons.append(self.tr("Nothing is drawn, so there is no seed and nothing to stratify."))
        uses = (
            (self.test_form, "test_share", test_drawn),
            (self.share_form, "validation_share", validation_drawn),
            (self.drawing_form, "stratified", test_drawn or validation_drawn),
            (self.drawing_form, "seed", test_drawn or validation_drawn),
        )
        for form, name, is_used in uses:
            editor = form.editor(name)
            editor.setEnabled(is_used)
            for label in form.findChildren(QLabel):
                if label.buddy() is editor:
                    label.setEnabled(is_used)
        self.note.setText("\n".join(reasons))
        self.note.setVisible(bool(reasons))

    def _warning(self, samples: Samples, splits: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]) -> str:
        """Which split is empty, or lacks a class that the dataset has."""
        empty = [name for name in SPLIT_NAMES if not len(splits[name])]
        if empty and len(samples) < len(SPLIT_NAMES):
            return self.tr("So few pictures cannot be split into training, validation and test. Add some.")
        if empty:
            return {
                "train": self.tr("No picture is left to train on. Lower the shares of test and validation."),
                "validation": self.tr("No picture is for validation, so it cannot be trained. Raise its share."),
                "test": self.tr("No picture is for the test, so nobody will know how good the network is."),
            }[empty[0]]
        there = np.unique(samples.labels)
        lines = []
        for name in SPLIT_NAMES:
            missing = [samples.class_names[at] for at in np.setdiff1d(there, samples.labels[splits[name]])]
            if missing:
                words = ", ".join(missing[:NAMED])
                if len(missing) > NAMED:
                    words = self.tr("{0} and {1} more").format(words, len(missing) - NAMED)
                lines.append(self.tr("{0} has no picture of {1}.").format(split_word(name), words))
        return "\n".join(lines)


def _has_validation(samples: Samples | None) -> bool:
    return samples is not None and samples.is_validation is not None and bool(samples.is_validation.any())
