"""Runs: every training is kept here from its first second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QInputDialog, QLineEdit, QVBoxLayout, QWidget

from lepton_studio.engine import (
    LeptonError,
    Run,
    archive_run,
    delete_run,
    find_run,
    import_archive,
    list_runs,
)
from lepton_studio.gui import theme
from lepton_studio.gui.dialogs import confirmed
from lepton_studio.gui.page import Page, button
from lepton_studio.gui.queue_view import QueueView
from lepton_studio.gui.run_rows import RunRows
from lepton_studio.gui.session import Session
from lepton_studio.gui.sweep_view import SweepView
from lepton_studio.gui.widgets.facts_table import FactsTable
from lepton_studio.gui.widgets.lazy_tabs import LazyTabs

STORE, SWEEP = 0, 2


class RunsPage(Page):
    """The table is the largest thing; what can be done with the chosen run stands below it."""

    object_name = "runs_page"

    def __init__(self, session: Session, title: str) -> None:
        """Builds the page; the list is read each time it is shown."""
        super().__init__(session, title)
        self._runs: list[Run] = []
        self.sweep: SweepView | None = None
        self._make_header()
        self._make_table()
        self._buttons = self._make_buttons()
        self.tabs = LazyTabs("runs_tabs")
        self.tabs.add(self.tr("Kept runs"), self.tr("Every training, from its first second"), self._made_store)
        self.tabs.add(self.tr("Queue"), self.tr("Train one experiment after the other, or repeat it"), self._made_queue)
        self.tabs.add(self.tr("Sweep"), self.tr("Try many settings and see which matter"), self._made_sweep)
        self.tabs.turned.connect(self._show_header)
        self._show_header(STORE)
        self.body.addWidget(self.tabs, 1)
        session.runs_changed.connect(self.refresh)
        session.training_changed.connect(self._show_buttons)
        session.run_chosen.connect(self._show_buttons)
        self._show_buttons()

    def state_text(self) -> str:
        return self.tr("{} kept").format(len(self._runs)) if self._runs else ""

    def shown(self) -> None:
        self.refresh()

    def stop(self) -> None:
        if self.sweep is not None:
            self.sweep.stop()

    def hand_over(self) -> object:
        return self.tabs.tab, self.sweep.hand_over() if self.sweep is not None else None

    def take_over(self, work: tuple[int, Any]) -> None:
        tab, sweep = work
        if sweep is not None:
            self.tabs.turn_to(SWEEP)
            assert self.sweep is not None
            self.sweep.take_over(sweep)
        self.tabs.turn_to(tab)

    # --- parts

    def _show_header(self, tab: int) -> None:
        """What is in the header is for the store alone."""
        for each in (self.search, self.import_button, self.train_button if not self._runs else self.draw_button):
            each.setVisible(tab == STORE)
        (self.train_button if self._runs else self.draw_button).hide()

    def _made_store(self) -> QWidget:
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table, 1)
        layout.addLayout(self._buttons)
        return part

    def _made_queue(self) -> QWidget:
        queue = QueueView(self.session)
        queue.group_shown.connect(self._show_group)
        return queue

    def _made_sweep(self) -> QWidget:
        self.sweep = SweepView(self.session)
        self.sweep.train_page_wanted.connect(lambda: self.page_wanted.emit("train_page"))
        return self.sweep

    def _show_group(self, group: str) -> None:
        self.page_wanted.emit("train_page")
        self.session.group_wanted.emit(group)

    def _make_header(self) -> None:
        self.search = QLineEdit()
        self.search.setObjectName("runs_search")
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search among the runs"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(theme.px(200))
        self.search.textChanged.connect(self._filter)
        self.header.addWidget(self.search)
        self.import_button = button("runs_import", self.tr("Import ..."), "open")
        self.import_button.setToolTip(self.tr("Bring in a run that was kept as one file"))
        self.import_button.clicked.connect(self.import_run)
        self.header.addWidget(self.import_button)
        self.draw_button = button("runs_draw", self.tr("Draw with it"), "draw", main=True)
        self.draw_button.clicked.connect(self._draw_with)
        self.header.addWidget(self.draw_button)
        # In place of the other while there is nothing to draw with.
        self.train_button = button("runs_train", self.tr("Train a network"), "train", main=True)
        self.train_button.clicked.connect(lambda: self.page_wanted.emit("train_page"))
        self.header.addWidget(self.train_button)

    def _make_table(self) -> None:
        self._rows = RunRows(self)
        self.table = FactsTable(self._rows.columns)
        self.table.setObjectName("runs_table")
        self.table.setAccessibleName(self.tr("Kept runs"))
        self.table.set_placeholder(self.tr("Nothing trained yet. Every training is kept here from its first second."))
        self.table.itemSelectionChanged.connect(self._show_buttons)
        self.table.itemDoubleClicked.connect(lambda _item: self.rename())

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        self.resume_button = button("runs_resume", self.tr("Go on"), "play")
        self.resume_button.setToolTip(self.tr("Train on exactly where it stopped"))
        self.settings_button = button("runs_use", self.tr("Use its settings"), "reset")
        self.settings_button.setToolTip(self.tr("Make its dataset, network and hyperparameters the current ones"))
        self.rename_button = button("runs_rename", self.tr("Rename ..."), "pencil")
        self.archive_button = button("runs_archive", self.tr("Save as file ..."), "archive")
        self.delete_button = button("runs_delete", self.tr("Delete ..."), "trash")
        for each, action in (
            (self.resume_button, self._resume), (self.settings_button, self._take_settings),
            (self.rename_button, self.rename), (self.archive_button, self.archive), (self.delete_button, self.delete),
        ):  # fmt: skip
            each.clicked.connect(action)
            row.addWidget(each)
        row.addStretch(1)
        return row

    # --- what people do

    @property
    def chosen(self) -> Run | None:
        """The run of the selected row."""
        return next((run for run in self._runs if run.id == self.table.chosen_key), None)

    def rename(self) -> None:
        """Asks for another name; the folder keeps its own."""
        run = self.chosen
        if run is None or run.record.state == "damaged":
            return
        name, good = QInputDialog.getText(self, self.tr("Rename run"), self.tr("Name"), text=run.record.name)
        if good and name.strip():
            self._try(lambda: self._rename(run, name.strip()))

    def _rename(self, run: Run, name: str) -> None:
        live = self._live(run)
        if live is run and run.record.state == "running":
            # The other program would write its own record over ours.
            raise LeptonError(
                self.tr("The run “{}” is being trained elsewhere.").format(run.record.name),
                self.tr("Rename it when that has ended."),
            )
        live.update(name=name)

    def delete(self) -> None:
        """Asks, then removes the run for good."""
        run = self.chosen
        if run is None:
            return
        question = self.tr("Delete the run “{}” for good?").format(run.record.name)
        detail = self.tr("Its weights and all its numbers are lost.")
        if confirmed(self, "delete_question", question, detail, self.tr("Delete")):
            self._try(lambda: self._delete(run))

    def _delete(self, run: Run) -> None:
        delete_run(run)
        self.session.run_deleted(run)

    def archive(self) -> None:
        """Writes the chosen run into one file."""
        run = self.chosen
        if run is None:
            return
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Keep run as file"), f"{run.id}.zip", self.tr("Run archives (*.zip)")
        )
        if name:
            self._try(lambda: archive_run(run, Path(name)))

    def import_run(self) -> None:
        """Brings in a run from a file."""
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Import run"), "", self.tr("Run archives (*.zip)"))
        if name:
            self._try(lambda: import_archive(Path(name)))

    def _draw_with(self) -> None:
        run = self.chosen
        if run is not None:
            self.session.choose(self._live(run))
            self.page_wanted.emit("draw_page")

    def _resume(self) -> None:
        run = self.chosen
        if run is not None:
            self._try(lambda: self._go_on(run))

    def _go_on(self, run: Run) -> None:
        self.session.start_training(find_run(run.id))
        self.page_wanted.emit("train_page")

    def _take_settings(self) -> None:
        run = self.chosen
        if run is not None:
            self.session.edit(self.tr("Take the settings of {}").format(run.record.name), run.experiment)
            self.page_wanted.emit("train_page")

    def _live(self, run: Run) -> Run:
        """The session's own object for a run that it trains, so that both see the same numbers."""
        current = self.session.run
        return current if current is not None and current.id == run.id else run

    def _try(self, change: object) -> None:
        self.message.clear()
        try:
            change()  # type: ignore[operator]
        except LeptonError as error:
            self.message.say(str(error))
        self.session.runs_changed.emit()

    # --- what the page shows

    def refresh(self) -> None:
        """Reads the store again and keeps the selection."""
        if not self.isVisible():
            return
        try:
            self._runs = list_runs()
        except LeptonError as error:
            self._runs = []
            self.message.say(str(error))
        self.table.show_rows([self._rows.row(self._live(run)) for run in self._runs])
        self._filter()
        self._show_header(self.tabs.tab)
        self._show_buttons()
        self.state_changed.emit()

    def _filter(self) -> None:
        self.table.filter(self.search.text())

    def _show_buttons(self) -> None:
        run = self.chosen
        whole = run is not None and run.record.state != "damaged"
        under_way = self.session.under_way
        own = run is not None and under_way is not None and run.id == under_way.id
        running = own or (run is not None and run.record.state == "running")
        idle = self.session.training_state == "idle"
        done = run is not None and run.record.state == "finished"
        self.draw_button.setEnabled(whole and run is not None and bool(run.record.class_names))
        self.resume_button.setEnabled(whole and idle and not running and not done)
        self.settings_button.setEnabled(whole)
        self.rename_button.setEnabled(whole)
        self.archive_button.setEnabled(whole and not running)
        self.delete_button.setEnabled(run is not None and not running)
