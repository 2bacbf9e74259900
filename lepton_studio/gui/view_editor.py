"""The dialog that makes a view: datasets joined, thinned out, with other class names; the originals stay."""

from __future__ import annotations

from typing import cast

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lepton_studio.engine import ClassChange, Dataset, LeptonError, Progress, Samples, View, all_datasets, save_view
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.runner import Runner
from lepton_studio.gui.session import Session
from lepton_studio.gui.view_counting import MemberLoaded, ViewCounted, count_view, without_pictures
from lepton_studio.gui.widgets.class_changes import ClassChanges
from lepton_studio.gui.widgets.form import Form, spec_text
from lepton_studio.gui.widgets.message_line import MessageLine
from lepton_studio.gui.wording import classes_word, grouped, pictures_word


class ViewEditor(QDialog):
    """Makes a view of the session's dataset and of others; what it will show is counted while it is edited.

    Signals:
        view_made: the view, as it was kept.
    """

    view_made = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Begins with the session's dataset alone, as it is."""
        super().__init__(parent)
        self.setObjectName("view_editor")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Make a view of {}").format(spec_text(session.experiment.dataset.label())))
        self.session = session
        self._first = session.experiment.dataset
        self._experiment = session.experiment
        self._known: dict[Dataset, Samples] = {}
        if session.samples is not None:
            self._known[self._first] = without_pictures(session.samples)
        self._counted: ViewCounted | None = None
        self.runner = Runner(self)
        self.runner.event_emitted.connect(self._take)
        self.runner.job_failed.connect(self._fail)
        self.runner.finished.connect(self._ended)
        self._make_parts()
        self._lay_out()
        self._show_classes()
        self._edited()

    # --- parts

    def _make_parts(self) -> None:
        self.name = QLineEdit()
        self.name.setObjectName("view_name")
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setMaxLength(60)
        self.members = QListWidget()
        self.members.setObjectName("view_members")
        self.members.setAccessibleName(self.tr("Datasets"))
        self.members.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._fill_members()
        self.members.itemChanged.connect(self._choose_members)
        self.form = Form(View(), only=("per_class", "part", "share", "seed"))
        self.form.editor("per_class").setObjectName("view_per_class")
        self.form.value_edited.connect(self._edited)
        self.classes = ClassChanges()
        self.classes.setObjectName("view_classes")
        self.classes.changes_edited.connect(self._edited)
        self.preview = QLabel(wordWrap=True)
        self.preview.setObjectName("view_preview")
        # Room for its second line, so that nothing moves when it comes.
        self.preview.setMinimumHeight(2 * self.preview.fontMetrics().lineSpacing())
        self.preview.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.message = MessageLine()
        self.make_button = button("view_make", self.tr("Make view"), "check", main=True)
        self.make_button.clicked.connect(self._make)
        self.make_button.setDefault(True)
        self.cancel_button = button("view_cancel", self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)

    def _fill_members(self) -> None:
        """The dataset in front first; it is what the view is of, so it stays."""
        others = [(name, dataset) for name, dataset in all_datasets().items() if dataset != self._first]
        self._add_member(self._first, "", True)
        # Those that can be chosen before those that are not here.
        for name, dataset in sorted(others, key=lambda each: not each[1].is_here()):
            self._add_member(dataset, name, False)

    def _add_member(self, dataset: Dataset, name: str, is_first: bool) -> None:
        item = QListWidgetItem(spec_text(dataset.label()))
        item.setData(Qt.ItemDataRole.UserRole, dataset)
        absent = dataset.absent()
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
        if is_first:
            item.setToolTip(self.tr("The dataset that the view is of"))
            flags &= ~Qt.ItemFlag.ItemIsUserCheckable
        elif absent:
            item.setText(self.tr("{} (not here)").format(item.text()))
            item.setToolTip(self.tr("{} is not on this computer").format(", ".join(map(spec_text, absent))))
            flags = Qt.ItemFlag.NoItemFlags
        else:
            item.setToolTip(name)
        item.setFlags(flags)
        item.setCheckState(Qt.CheckState.Checked if is_first else Qt.CheckState.Unchecked)
        self.members.addItem(item)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GAP_LARGE)
        grid.setVerticalSpacing(theme.GAP_SMALL)
        left = QVBoxLayout()
        left.setSpacing(theme.GAP_SMALL)
        for widget in (section(self.tr("Datasets")), self.members, section(self.tr("Pictures")), self.form):
            left.addWidget(widget)
        left.setStretchFactor(self.members, 1)
        right = QVBoxLayout()
        right.setSpacing(theme.GAP_SMALL)
        right.addWidget(section(self.tr("Classes")))
        right.addWidget(self.classes, 1)
        right.addWidget(second(self.tr("Without a tick a class is left out; two of the same new name become one.")))
        grid.addLayout(left, 0, 0)
        grid.addLayout(right, 0, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        name = QLabel(self.tr("&Name"))
        name.setBuddy(self.name)
        foot = QHBoxLayout()
        foot.setSpacing(theme.GAP_SMALL)
        foot.addWidget(name)
        foot.addWidget(self.name, 1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.make_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.GAP_LARGE, theme.GAP, theme.GAP_LARGE, theme.GAP)
        outer.setSpacing(theme.GAP)
        outer.addLayout(grid, 1)
        outer.addWidget(self.preview)
        outer.addWidget(self.message)
        outer.addLayout(foot)
        # Larger letters need a larger dialog, as long as the smallest screen has room for it.
        self.resize(min(theme.px(720), 960), min(theme.px(520), 600))

    # --- what the person made

    def view(self) -> View:
        """What the editor shows now."""
        changes = tuple(ClassChange(name, new) for name, new in self.classes.changes().items())
        shown = cast("View", self.form.value)
        name, members = self.name.text().strip(), self._chosen_members()
        return msgspec.structs.replace(shown, name=name, members=members, changes=changes)

    @property
    def is_busy(self) -> bool:
        """Whether the preview is still being computed."""
        return self._counted is None

    def _chosen_members(self) -> tuple[Dataset, ...]:
        items = [self.members.item(row) for row in range(self.members.count())]
        return tuple(
            item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked
        )

    def _choose_members(self) -> None:
        self._show_classes()
        self._edited()

    def _edited(self, *_: object) -> None:
        """Counts anew; a count that is under way is given up."""
        self.message.clear()
        self._counted = None
        self.make_button.setEnabled(False)
        view = self.view()
        self.form.editor("share").setEnabled(view.part != "all")
        self.form.editor("seed").setEnabled(view.part != "all" or view.per_class > 0)
        self.name.setPlaceholderText(" + ".join(spec_text(member.label()) for member in view.members))
        if self.runner.isRunning():
            self.runner.request_stop()
            return
        self.preview.setText(self.tr("Counting ..."))
        self.runner.walk(count_view(view, self._experiment, dict(self._known)))

    def _ended(self) -> None:
        # Stopped by an edit, or a last word came after one.
        if self._counted is None and self.isVisible() and not self.runner.isRunning():
            self._edited()

    # --- what the count says

    def _take(self, event: object) -> None:
        if isinstance(event, MemberLoaded):
            self._known[event.dataset] = event.samples
            self._show_classes()
        elif isinstance(event, Progress):
            self.preview.setText(f"{QCoreApplication.translate('specs', event.text)} ...")
        elif isinstance(event, ViewCounted) and _same(event.view, self.view()):
            self._counted = event
            self._show_count(event)

    def _show_classes(self) -> None:
        counts: dict[str, int] = {}
        for member in self._chosen_members():
            if member in self._known:
                samples = self._known[member]
                numbers = np.bincount(samples.labels, minlength=len(samples.class_names))
                for name, number in zip(samples.class_names, numbers.tolist(), strict=True):
                    counts[name] = counts.get(name, 0) + number
        self.classes.show_classes(counts)

    def _show_count(self, counted: ViewCounted) -> None:
        if counted.trouble or counted.splits is None:
            self.preview.clear()
            self.message.say(counted.trouble)
            return
        text = self.tr("{0} in {1}: {2} to train, {3} for validation, {4} for the test.")
        self.preview.setText(
            text.format(
                pictures_word(counted.pictures), classes_word(counted.classes),
                *(grouped(counted.splits[name]) for name in ("train", "validation", "test")),
            )
        )  # fmt: skip
        changes_something = len(counted.view.members) > 1 or counted.view.changes or counted.view.per_class
        if changes_something or counted.view.part != "all":
            self.make_button.setEnabled(True)
        else:
            self.preview.setText(
                self.preview.text() + " " + self.tr("Nothing is changed yet: join, thin out or rename something.")
            )

    def _fail(self, error: Exception) -> None:
        view = self.view()
        self._counted = ViewCounted(view, trouble=str(error) or type(error).__name__)
        self._show_count(self._counted)

    # --- the end

    def _make(self) -> None:
        try:
            made = save_view(self.view())
        except LeptonError as error:
            self.message.say(str(error))
            return
        self.view_made.emit(made)
        self.accept()

    def done(self, result: int) -> None:
        """Ends the counting before the dialog goes."""
        self.hide()
        self.runner.stop()
        super().done(result)


def _same(view: View, other: View) -> bool:
    """Whether both show the same; the name changes no count."""
    return view == msgspec.structs.replace(other, name=view.name)
