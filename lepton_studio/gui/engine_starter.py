"""Imports torch, and what single layers need beside it, in the background: the window is looked at already."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable, Iterable, Iterator

from PySide6.QtCore import QObject, Signal

from lepton_studio.engine import Layer, Progress, import_torch, imports_of
from lepton_studio.gui.runner import Runner

log = logging.getLogger("lepton_studio")


class EngineStarter(Runner):
    """A runner that only imports.

    Signals:
        ready: torch is there; its device is known.
        preparing: packages are imported for layers that are wanted: their names, empty when it is done.
    """

    ready = Signal()
    preparing = Signal(str)

    def __init__(self, parent: QObject) -> None:
        """Waits for :meth:`begin`."""
        super().__init__(parent)
        self.device_name = ""
        # What cannot be imported is tried once: the layer says why.
        self._tried: set[str] = set()
        self._waiting: Callable[[], object] | None = None
        self.event_emitted.connect(self._take)
        self.finished.connect(self._go_on)

    def begin(self, layers: tuple[Layer, ...]) -> None:
        """Starts the imports: torch, what these layers need, and the plots, which would be felt when first shown."""
        names = imports_of(layers)
        self._tried |= names
        self.walk(_imports(sorted(names)))

    def prepare(self, layers: tuple[Layer, ...], then: Callable[[], object]) -> None:
        """Does something as soon as all packages are there that some layers need: at once, or after an import.

        Only what was asked for last is done.
        """
        missing = imports_of(layers) - self._tried - set(sys.modules)
        if not missing or self.isRunning():
            self._waiting = None
            then()
            return
        self._tried |= missing
        self._waiting = then
        self.preparing.emit(", ".join(sorted(missing)))
        self.walk(_import_each(sorted(missing)))

    def _go_on(self) -> None:
        then, self._waiting = self._waiting, None
        self.preparing.emit("")
        if then is not None:
            then()

    def _take(self, event: object) -> None:
        if isinstance(event, Progress) and event.total:
            self.device_name = event.text
            self.ready.emit()


def _imports(names: Iterable[str]) -> Iterator[Progress | None]:
    for progress in import_torch():
        if progress.total:
            # Before the window is told that all is there and looks at the layers.
            yield from _import_each(names)
        yield progress


def _import_each(names: Iterable[str]) -> Iterator[None]:
    for name in names:
        try:
            importlib.import_module(name)
        except (ImportError, OSError, RuntimeError, AttributeError) as error:
            # torchvision beside a torch of another version, for one. The card that needs it says so.
            log.info("%s cannot be imported: %s", name, error)
        yield None
