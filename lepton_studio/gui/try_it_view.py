"""Try it: one sample goes through the network, and each card shows what it makes of it; also before any training."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from lepton_studio.engine import LayerOutput, Notice, Run, Samples, Scaling, same_network, walk_sample
from lepton_studio.gui import theme
from lepton_studio.gui.latest_work import LatestWork
from lepton_studio.gui.network_view import layer_title
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.enlarged_map import EnlargedMap
from lepton_studio.gui.widgets.output_plan import OutputStrip
from lepton_studio.gui.widgets.output_strips import OutputStrips
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.widgets.sample_picker import SamplePicker
from lepton_studio.gui.workbench import Workbench


class TryItView(QWidget):
    """Follows the workbench while somebody looks; the sample stays through edits. Its owner calls :meth:`stop`."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        """Starts with the first sample."""
        super().__init__(parent)
        self._workbench = workbench
        self._samples: Samples | None = None
        self._scaling: Scaling | None = None
        self._arriving: list[LayerOutput] = []
        self._notices: list[str] = []
        self._work = LatestWork(self, self._walk)
        self._work.event_emitted.connect(self._take)
        self._work.job_failed.connect(lambda error: self._notices.append(str(error)))
        self._work.ended.connect(self._show_outputs)
        self._make_parts()
        session = workbench.session
        workbench.described.connect(self.refresh)
        workbench.selection_changed.connect(self._show_chosen)
        session.run_chosen.connect(self._offer_weights)
        session.training_changed.connect(self._offer_weights)
        self.refresh()

    @property
    def strips(self) -> OutputStrips:
        """What the layers make of the sample."""
        return self._strips

    def stop(self) -> None:
        """Ends the work for good."""
        self._work.stop()

    def refresh(self) -> None:
        """Walks anew, soon, if somebody looks."""
        samples = self._workbench.session.samples
        if samples is not self._samples:
            self._samples = samples
            if samples is not None:
                self.picker.show_samples(samples.images, samples.labels, samples.class_names)
        self._offer_weights()
        self._wish()

    # --- parts

    def _make_parts(self) -> None:
        self.picker = SamplePicker()
        self.picker.sample_chosen.connect(self._wish)
        self.weights_picker = QuietComboBox()
        self.weights_picker.setObjectName("try_it_weights")
        self.weights_picker.setAccessibleName(self.tr("Weights"))
        self.weights_picker.activated.connect(self._wish)
        self._explanation, self._trouble = second(), second()
        self._trouble.setProperty("role", "bad")
        self._trouble.setTextFormat(Qt.TextFormat.PlainText)
        self._strips = OutputStrips()
        self._strips.setObjectName("output_strips")
        self._strips.layer_chosen.connect(lambda path: self._workbench.choose(path))
        self._content = QWidget()
        inside = QVBoxLayout(self._content)
        inside.setContentsMargins(0, 0, theme.GRID, 0)
        inside.setSpacing(theme.GAP_SMALL)
        inside.addWidget(self._strips)
        inside.addWidget(self._trouble)
        inside.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        legend = self.tr("Blue is below zero, orange above. Where nothing is below, black is zero and white the most.")
        self._legend = second(legend)
        self.enlarged = EnlargedMap()
        self._strips.part_chosen.connect(self.enlarged.choose)
        for part in (self.picker, self.weights_picker, self._explanation, self._legend, self.enlarged):
            layout.addWidget(part)
        layout.addWidget(self._area, 1)

    # --- the walk

    def _wish(self) -> None:
        """Asks for another walk."""
        self._say_why_not()
        self._work.wish()

    def _walk(self) -> Iterator[Scaling | Notice | LayerOutput | None] | None:
        session = self._workbench.session
        if session.samples is None or self._say_why_not():
            return None
        self._arriving, self._notices = [], []
        return walk_sample(session.experiment, session.samples, self.picker.position, self._run(), self._scaling)

    def _take(self, event: object) -> None:
        if isinstance(event, Scaling):
            self._scaling = event
        elif isinstance(event, LayerOutput):
            self._arriving.append(event)
        elif isinstance(event, Notice):
            self._notices.append(f"{event.what} {event.remedy}")

    def _run(self) -> Run | None:
        """The run whose weights are wanted; None for fresh ones."""
        return self._workbench.session.chosen if self.weights_picker.currentIndex() == 1 else None

    # --- what is shown

    def _say_why_not(self) -> bool:
        """Whether there is nothing to walk through, and says why."""
        session = self._workbench.session
        if not session.engine_ready:
            text = self.tr("PyTorch is being loaded; then a sample goes through the network here.")
        elif session.samples is None or not len(session.samples):
            text = self.tr(
                "Here you will see what each layer makes of a sample. Load a dataset on the Data page first."
            )
        elif not self._workbench.layers:
            text = self.tr("Add a layer, and you will see here what it makes of the sample.")
        elif self._run() is not None:
            text = self.tr("Each layer shows what it makes of the sample with the weights that the run has learned.")
        else:
            text = self.tr(
                "The weights are random, as before any training: what the layers answer to means nothing yet."
            )
        is_empty = not session.engine_ready or session.samples is None or not len(session.samples)
        is_empty = is_empty or not self._workbench.layers
        self._explanation.setText(text)
        self._area.setVisible(not is_empty)
        self._legend.setVisible(not is_empty)
        self.picker.setVisible(session.samples is not None and len(session.samples) > 0)
        if is_empty:
            self.enlarged.let_go()
        return is_empty

    def _offer_weights(self) -> None:
        """The weights of the chosen run can be looked at if it is of the same network."""
        bench, run = self._workbench, self._workbench.session.chosen
        fits = run is not None and same_network(bench.session.experiment.architecture, run, bench.shape, bench.classes)
        entries = [self.tr("Random weights")]
        if fits and run is not None:
            entries.append(self.tr("Weights of {}").format(run.record.name))
        if entries != [self.weights_picker.itemText(at) for at in range(self.weights_picker.count())]:
            had_run = self.weights_picker.currentIndex() == 1
            self.weights_picker.clear()
            self.weights_picker.addItems(entries)
            if had_run:
                # Of another run, or random ones now.
                self.weights_picker.setCurrentIndex(len(entries) - 1)
                self._wish()
        self.weights_picker.setVisible(bool(fits))

    def _show_outputs(self) -> None:
        bench, samples = self._workbench, self._samples
        if samples is None:
            return
        titles = {row.path: layer_title(row.layer) for row in bench.rows}
        last, label = (len(bench.layers) - 1,), int(samples.labels[self.picker.position])
        strips = []
        for each in self._arriving:
            is_answer = each.path == last and each.shape == (len(samples.class_names),)
            strips.append(
                OutputStrip(
                    each.path,
                    titles.get(each.path, ""),
                    each.output,
                    each.shape,
                    each.lowest,
                    each.highest,
                    samples.class_names if is_answer else (),
                    label if is_answer else -1,
                    self.tr("as probabilities") if is_answer else "",
                )
            )
        self._strips.show_strips(strips)
        faults = [row for row in bench.rows if row.error is not None]
        texts = list(self._notices)
        if faults:
            texts.append(self.tr("It goes no further: {0}: {1}").format(titles[faults[0].path], faults[0].error))
        self._trouble.setText("\n".join(texts))
        self._trouble.setVisible(bool(texts))
        self.enlarged.show_strips(strips)
        self._show_chosen()

    def _show_chosen(self) -> None:
        self._strips.set_chosen(self._workbench.chosen)
        place = self._strips.place_of(self._workbench.current)
        if not place.isEmpty() and self.isVisible():
            # What is taller than the room shows its top.
            margin = min(place.height(), self._area.viewport().height()) // 2
            middle = self._strips.mapTo(self._content, place.topLeft()).y() + margin
            self._area.ensureVisible(0, middle, 0, margin)

    # --- Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.enlarged.is_open and event.key() == Qt.Key.Key_Escape:
            self.enlarged.let_go()
        elif self.enlarged.is_open and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.enlarged.turn(-1 if event.key() == Qt.Key.Key_Left else 1)
        else:
            super().keyPressEvent(event)
