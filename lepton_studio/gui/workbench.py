"""What the parts of Build share: the architecture with its report, and which layers are chosen."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from lepton_studio.engine import ArchitectureReport, Layer, LayerReport, describe, layer_at, presets
from lepton_studio.gui.session import Session

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
        known = {row.path for row in self.rows}
        self.chosen = tuple(path for path in self.chosen if path in known)
        if self.current not in self.chosen:
            self.current = self.chosen[-1] if self.chosen else ()
        self.described.emit()

    def choose(self, *paths: Path) -> None:
        """Chooses layers; the last one is shown by the settings. No path: the input."""
        chosen = tuple(sorted({path for path in paths if path}))
        current = paths[-1] if paths else ()
        if (chosen, current) != (self.chosen, self.current):
            self.chosen, self.current = chosen, current
            self.selection_changed.emit()

    def edit(self, text: str, layers: tuple[Layer, ...], chosen: tuple[Path, ...] = (), merges: bool = False) -> None:
        """Puts another stack in place of this one, as a step that can be undone.

        Args:
            text: what was done ("Add Dropout").
            layers: the new stack.
            chosen: what to choose afterwards; empty: as it was, as far as it is still there.
            merges: edits in a row with the same text become one step.
        """
        if chosen:
            self.chosen, self.current = tuple(sorted(chosen)), chosen[-1]
        experiment = self.session.experiment
        # A changed preset is a network of the person's own.
        known = {architecture.name for architecture in presets().values()}
        name = experiment.architecture.name
        name = self.tr("{}, changed").format(name) if name in known else name
        architecture = msgspec.structs.replace(experiment.architecture, layers=layers, name=name)
        self.session.edit(text, msgspec.structs.replace(experiment, architecture=architecture), merges)


def _walk(layers: tuple[Layer, ...], path: Path = ()) -> list[LayerReport]:
    """The rows of a tree whose shapes are not known yet."""
    rows: list[LayerReport] = []
    for position, layer in enumerate(layers):
        rows.append(LayerReport((*path, position), layer))
        rows += _walk(layer.children(), (*path, position))
    return rows
