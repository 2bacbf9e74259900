"""What the parts of Build share: the architecture, its report, which layers are chosen, and what is done to them."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication

from lepton_studio.engine import (
    LAYERS,
    MIME_TYPE,
    ArchitectureReport,
    Layer,
    LayerReport,
    LeptonError,
    all_paths,
    describe,
    duplicate_layers,
    insert_layers,
    layer_at,
    layers_from_text,
    layers_to_text,
    move_layers,
    outermost,
    place_in,
    place_out,
    presets,
    remove_layers,
    shift_layers,
    stack_at,
    unwrap_layer,
    with_disabled,
    wrap_layers,
)
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import spec_text

Path = tuple[int, ...]

# Before the dataset is there, shapes are shown for the picture that most lessons use.
USUAL_SHAPE: tuple[int, ...] = (1, 28, 28)
USUAL_CLASSES = 10


class Workbench(QObject):
    """The architecture on the bench.

    Attributes:
        session: whose experiment has the architecture.
        report: shapes, cost and faults; None until torch is imported.
        chosen: the paths of the chosen layers in the order of the tree; empty if the input is chosen.
        current: the one of them that settings and drawings show; empty for the input.

    Signals:
        described: architecture, dataset or report is another one.
        selection_changed: other layers are chosen.
    """

    described = Signal()
    selection_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Takes up the session's architecture and follows it."""
        super().__init__(parent)
        self.session = session
        self.report: ArchitectureReport | None = None
        self.chosen: tuple[Path, ...] = ((0,),)
        self.current: Path = (0,)
        # What to choose as soon as a stack is on the bench; it may have to wait for what its layers import.
        self._wanted: tuple[tuple[Layer, ...], tuple[Path, ...]] | None = None
        for signal in (session.experiment_changed, session.samples_changed, session.engine_started):
            signal.connect(self.describe)
        self.describe()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The stack."""
        return self.session.experiment.architecture.layers

    @property
    def layer(self) -> Layer | None:
        """The layer that settings show; None for the input."""
        return layer_at(self.layers, self.current) if self.current else None

    @property
    def chosen_layers(self) -> tuple[Layer, ...]:
        """The chosen layers, without those that lie in another chosen one."""
        return tuple(layer_at(self.layers, path) for path in outermost(self.chosen))

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width) of one picture of the dataset, or the usual one while it is not loaded."""
        return USUAL_SHAPE if self.session.samples is None else self.session.samples.shape

    @property
    def classes(self) -> int:
        """How many classes the dataset has."""
        return USUAL_CLASSES if self.session.samples is None else len(self.session.samples.class_names)

    @property
    def rows(self) -> tuple[LayerReport, ...]:
        """One row for each layer in the order of the tree; without shapes until torch is imported."""
        return self.report.layers if self.report else tuple(_walk(self.layers))

    def describe(self) -> None:
        """Looks at the architecture again."""
        architecture = self.session.experiment.architecture
        self.report = describe(architecture, self.shape, self.classes) if self.session.engine_ready else None
        if self._wanted is not None and self._wanted[0] is self.layers:
            wanted, self._wanted = self._wanted[1], None
            self.chosen, self.current = tuple(sorted(path for path in wanted if path)), wanted[-1]
        known = {row.path for row in self.rows}
        self.chosen = tuple(path for path in self.chosen if path in known)
        if self.current not in self.chosen:
            self.current = self.chosen[-1] if self.chosen else ()
        self.described.emit()

    def choose(self, *paths: Path) -> None:
        """Chooses layers; the last one is shown by the settings. No path: the input; paths without a layer: nothing."""
        known = {(), *(row.path for row in self.rows)}
        paths = tuple(path for path in paths if path in known) if paths else ((),)
        if not paths:
            return
        chosen, current = tuple(sorted({path for path in paths if path})), paths[-1]
        if (chosen, current) != (self.chosen, self.current):
            self.chosen, self.current = chosen, current
            self.selection_changed.emit()

    def select_all(self) -> None:
        """Chooses every layer; the one that settings show stays the same."""
        paths = all_paths(self.layers)
        last = self.current or (paths[0] if paths else ())
        self.choose(*(path for path in paths if path != last), last)

    def edit(self, text: str, layers: tuple[Layer, ...], chosen: tuple[Path, ...] = (), merges: bool = False) -> None:
        """Puts another stack in place of this one, as a step that can be undone.

        Args:
            text: what was done ("Add Dropout").
            layers: the new stack.
            chosen: what to choose afterwards; empty: as it was, as far as it is still there.
            merges: edits in a row with the same text become one step.
        """
        if layers == self.layers:
            # Nothing to undo, and nobody is told.
            if chosen:
                self.choose(*chosen)
            return
        self._wanted = (layers, chosen) if chosen else None
        experiment = self.session.experiment
        name, known = experiment.architecture.name, {ready.name: ready.layers for ready in presets().values()}
        if layers in known.values():
            name = next(ready for ready, its_layers in known.items() if its_layers == layers)
        elif name in known:
            # A changed preset is a network of the person's own.
            name = self.tr("{}, changed").format(name)
        architecture = msgspec.structs.replace(experiment.architecture, layers=layers, name=name)
        self.session.edit(text, msgspec.structs.replace(experiment, architecture=architecture), merges)

    # --- what is done to the chosen layers

    def place(self, inside: bool = False) -> Path:
        """Where something new goes: after the current layer, or to the end of what it holds."""
        if not self.current:
            return (0,)
        if inside and (layer := self.layer) is not None and layer.is_container:
            return (*self.current, len(layer.children()))
        return (*self.current[:-1], self.current[-1] + 1)

    def add(self, tag: str, place: Path | None = None, inside: bool = False) -> None:
        """Puts a new layer to a place; without one, after the current layer or inside it."""
        layer = LAYERS[tag]()
        place = self.place(inside) if place is None else place
        self.edit(
            self.tr("Add {}").format(spec_text(layer.title)), insert_layers(self.layers, place, (layer,)), (place,)
        )

    def remove(self) -> None:
        """Takes the chosen layers out; what stands in the place of the first is chosen then."""
        self._take_out(self.tr("Remove {}").format(self._words()))

    def duplicate(self) -> None:
        """Puts a copy after the chosen layers and chooses it."""
        layers, copies = duplicate_layers(self.layers, self.chosen)
        self.edit(self.tr("Duplicate {}").format(self._words()), layers, copies)

    def move(self, by: int) -> None:
        """Moves the chosen layers towards the input (-1) or the output (+1), each in its stack."""
        self._moved(*shift_layers(self.layers, self.chosen, by))

    def move_to(self, target: Path) -> None:
        """Moves the chosen layers to a place, as the tree is now."""
        try:
            self._moved(*move_layers(self.layers, self.chosen, target))
        except LeptonError as error:
            self._trouble(error)

    def copy_to(self, target: Path) -> None:
        """Puts copies of the chosen layers to a place."""
        self._insert(self.tr("Duplicate {}").format(self._words()), self.chosen_layers, target)

    def move_in(self) -> None:
        """Moves the chosen layers to the end of the container above them."""
        place = place_in(self.layers, self.chosen)
        if place is not None:
            self.move_to(place)

    def move_out(self) -> None:
        """Moves the chosen layers out of their container, behind it."""
        place = place_out(self.chosen)
        if place is not None:
            self.move_to(place)

    def set_left_out(self, out: bool | None = None) -> None:
        """Leaves the chosen layers out or takes them in again; without a word, the other of both."""
        if out is None:
            out = not all(layer.disabled for layer in self.chosen_layers)
        text = self.tr("Leave out {}") if out else self.tr("Take in {}")
        self.edit(text.format(self._words()), with_disabled(self.layers, self.chosen, out))

    def wrap(self, tag: str) -> None:
        """Puts the chosen neighbours into a new container."""
        container = LAYERS[tag]()
        try:
            layers, path = wrap_layers(self.layers, self.chosen, container)
        except LeptonError as error:
            self._trouble(error)
            return
        self.edit(self.tr("Put {0} into {1}").format(self._words(), spec_text(container.title)), layers, (path,))

    def unwrap(self) -> None:
        """Puts what the current container holds in its place."""
        layer = self.layer
        if layer is not None and layer.is_container:
            layers, paths = unwrap_layer(self.layers, self.current)
            self.edit(self.tr("Dissolve {}").format(spec_text(layer.title)), layers, paths)

    # --- the clipboard

    def mime_data(self) -> QMimeData:
        """The chosen layers as they are dragged."""
        text = layers_to_text(self.chosen_layers)
        data = QMimeData()
        data.setData(MIME_TYPE, text.encode())
        data.setText(text)
        return data

    def copy(self) -> None:
        """Puts the chosen layers on the clipboard, as text that other windows and programs take too."""
        if self.chosen:
            # Text alone: data made in Python would outlive Python in some clipboards, and crash there at the end.
            QGuiApplication.clipboard().setText(layers_to_text(self.chosen_layers))

    def cut(self) -> None:
        """Copies the chosen layers and takes them out."""
        self.copy()
        self._take_out(self.tr("Cut {}").format(self._words()))

    def paste(self, place: Path | None = None, data: QMimeData | None = None) -> None:
        """Puts layers from the clipboard, or from what was dropped, to a place; tells if it is no layers."""
        # Nobody may have copied anything, or the program that did may not answer.
        data = data or QGuiApplication.clipboard().mimeData() or QMimeData()
        own = data.data(MIME_TYPE).data() if data.hasFormat(MIME_TYPE) else b""
        try:
            layers = layers_from_text(bytes(own).decode(errors="replace") if own else data.text())
        except LeptonError as error:
            self._trouble(error)
            return
        words = spec_text(layers[0].title) if len(layers) == 1 else self.tr("{} layers").format(len(layers))
        self._insert(self.tr("Paste {}").format(words), layers, self.place() if place is None else place)

    def _insert(self, text: str, several: tuple[Layer, ...], place: Path) -> None:
        paths = tuple((*place[:-1], place[-1] + each) for each in range(len(several)))
        self.edit(text, insert_layers(self.layers, place, several), paths)

    def _take_out(self, text: str) -> None:
        if not self.chosen:
            return
        first, layers = outermost(self.chosen)[0], remove_layers(self.layers, self.chosen)
        left = len(stack_at(layers, first[:-1]))
        # What moved up, or the last that is left there, or the container itself.
        after = (*first[:-1], min(first[-1], left - 1)) if left else first[:-1]
        self.edit(text, layers, (after,))

    def _moved(self, layers: tuple[Layer, ...], paths: tuple[Path, ...]) -> None:
        self.edit(self.tr("Move {}").format(self._words()), layers, paths)

    def _words(self) -> str:
        """The chosen layers by their name, or by their number."""
        several = self.chosen_layers
        return spec_text(several[0].title) if len(several) == 1 else self.tr("{} layers").format(len(several))

    def _trouble(self, error: LeptonError) -> None:
        self.session.trouble_met.emit(error, "build_page")


def _walk(layers: tuple[Layer, ...], path: Path = ()) -> list[LayerReport]:
    """The rows of a tree whose shapes are not known yet."""
    rows: list[LayerReport] = []
    for position, layer in enumerate(layers):
        rows.append(LayerReport((*path, position), layer))
        rows += _walk(layer.children(), (*path, position))
    return rows
