"""Collect: what is drawn on the canvas becomes a dataset, one key for each drawing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from lepton_studio.engine import Dataset, LeptonError, Stroke, books, newest_book
from lepton_studio.gui.collection import Collection, keys_of
from lepton_studio.gui.drawings_exporter import DrawingsExporter
from lepton_studio.gui.session import Session
from lepton_studio.gui.sketch_keeper import pad_strokes
from lepton_studio.gui.widgets.class_card import Example
from lepton_studio.gui.widgets.collect_panel import CollectPanel
from lepton_studio.gui.widgets.draw_pad import DrawPad
from lepton_studio.gui.wording import percent

EXAMPLES = 8
MARKED_MILLISECONDS = 900
# A network of more classes than there are keys says nothing about what to collect.
MOST_CLASSES = 36

Answer = Callable[[], tuple[str, float]]
Seen = Callable[[], NDArray[np.uint8] | None]


class Collecting(CollectPanel):
    """The panel beside the canvas, and what happens in it.

    Signals:
        used: the drawings were chosen for training.
    """

    used = Signal()

    def __init__(self, session: Session, canvas: DrawPad, answer: Answer, seen: Seen = lambda: None) -> None:
        """Makes the panel.

        Args:
            session: where the drawings are chosen for training.
            canvas: where they are drawn.
            answer: what the network takes the drawing for now and how sure it is; an empty name if it cannot say.
            seen: the ink of a picture on the canvas, H x W, as the network sees it; None if there is none.
        """
        super().__init__()
        self._session, self._canvas, self._answer_now, self._seen_now = session, canvas, answer, seen
        # Pages are made anew when theme or size change; what is being collected stays.
        kept = session.property("collection")
        self.collection = kept if isinstance(kept, Collection) else Collection()
        session.setProperty("collection", self.collection)
        self._known: tuple[str, ...] = ()
        self._has_grown = False
        self._marking = QTimer(self, singleShot=True, interval=MARKED_MILLISECONDS)
        self._marking.timeout.connect(self._unmark)
        self._exporter = DrawingsExporter(self)
        self._exporter.said.connect(lambda text, role: self.show_line(self.status, text, role))
        self._exporter.changed.connect(self._show_actions)
        canvas.undo_passed.connect(self.take_back)
        self.name_given.connect(self._name_given)
        self.author_given.connect(self._author_given)
        self.author_edit.returnPressed.connect(canvas.setFocus)
        self.class_chosen.connect(self.keep)
        self.class_given.connect(self._add_class)
        self.class_renamed.connect(self._rename_class)
        self.undo_button.clicked.connect(self.take_back)
        self.export_button.clicked.connect(lambda: self._exporter.begin(self.collection.made()))
        self.use_button.clicked.connect(self._use)

    # --- the mode

    def enter(self, known: tuple[str, ...]) -> None:
        """Goes on with the book that was added to last, or begins one.

        Args:
            known: the classes of the network that answers, which a new book takes over.
        """
        self._known = known
        collection = self.collection
        if collection.book is not None and collection.name not in books():
            # It was deleted, or has another name now.
            collection.begin("")
        name = collection.name or newest_book()
        trouble = self._trouble_of(lambda: collection.open(name)) if name in books() else ""
        if name not in books() or trouble:
            classes = known if 0 < len(known) <= MOST_CLASSES else ()
            collection.begin(collection.name or self.tr("My drawings"), classes)
        self._show_begin(trouble)
        self._canvas.setFocus()

    def leave(self) -> None:
        """Lets the rest of the program see what was added; everything is on the disk already."""
        self._marking.stop()
        self._unmark()
        self._canvas.pass_undo(False)
        dataset = self.collection.dataset
        if self._has_grown and dataset is not None and _contains(self._session.experiment.dataset, dataset):
            self._session.load_dataset()
        self._has_grown = False

    def stop(self) -> None:
        """Ends background work."""
        self._marking.stop()
        self._exporter.stop()

    # --- drawings

    def take_key(self, event: QKeyEvent) -> bool:
        """Keeps the drawing under the class of a key, or with Enter under the one that was asked for."""
        held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        if held:
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.keep(self.collection.suggested())
            return True
        name = next((name for name, card in self.cards.items() if card.key and card.key == event.text().lower()), "")
        if name:
            self.keep(name)
        return bool(name)

    def keep(self, label: str) -> None:
        """Keeps what is drawn, or the ink of a picture, under a class and empties the canvas; never an empty one."""
        drawn = self._canvas.strokes
        seen = self._seen_now() if not drawn and self._canvas.photograph is not None else None
        if not drawn and seen is None:
            text = self.tr("Nothing is drawn yet. Draw on the canvas first, then press the key of its class.")
            self.show_line(self.status, text, "warning")
            return
        answer = self._answer_now()[0] if label in self._known else ""
        ink = seen if seen is not None else tuple(Stroke(each.points, each.width, each.pressures) for each in drawn)
        if not self._tried(lambda: self.collection.keep(label, ink, answer)):
            return
        if self.collection.total() == 1:
            # Before that the other pages did not know of it.
            self._session.datasets_changed.emit()
        self._has_grown = True
        self._canvas.set_strokes(())
        self._canvas.setFocus()
        self._show_all()
        self._mark(label)
        if answer and answer != label:
            text = self.tr("Kept as {}. ✗ The network took it for {}.").format(label, answer)
            self.show_line(self.status, text, "warning")
        else:
            self.show_line(self.status, self.tr("✓ Kept as {}.").format(label), "good")

    def take_back(self) -> None:
        """Takes back what was kept last; it is on the canvas again."""
        book = self.collection.book
        last = book.last if book is not None else None
        if book is None or last is None or not self._tried(book.take_back):
            return
        self._has_grown = True
        if last.seen is not None:
            self._canvas.show_photograph(np.repeat(last.seen.array()[..., None], 3, axis=2))
        else:
            self._canvas.put_back(pad_strokes(last.drawn()))
        self._canvas.setFocus()
        self._show_all()
        self.show_line(self.status, self.tr("Taken back: it was kept as {}.").format(last.label), "second")

    def show_answer(self, known: tuple[str, ...]) -> None:
        """Shows what the network says now, and whether it is what was asked for; ``known`` are its classes."""
        self._known = known
        label, probability = self._answer_now()
        wanted = self.collection.suggested()
        if not label:
            right, answered = self.collection.tally()
            text = self.tr("The network knew {} of {}.").format(right, answered) if answered else ""
            self.show_line(self.answer, text, "second")
        elif label == wanted or wanted not in known:
            self.show_line(self.answer, self.tr("The network says {} · {}").format(label, percent(probability, 0)))
        else:
            text = self.tr("The network says {} · {}; asked for is {}").format(label, percent(probability, 0), wanted)
            self.show_line(self.answer, text, "warning")

    # --- dataset and classes

    def _name_given(self, name: str) -> None:
        name = name.strip()
        collection = self.collection
        if not name or name == collection.name:
            self.show_names(list(books()), collection.name, collection.author)
            return
        self._has_grown = False
        step = collection.open if name in books() else collection.begin
        self._show_begin(self._trouble_of(lambda: step(name)))

    def _author_given(self, author: str) -> None:
        self.collection.author = author.strip()

    def _add_class(self, name: str) -> None:
        if name.strip() and self._tried(lambda: self.collection.made().add_class(name)):
            self.class_edit.clear()
            self._show_all()
            self.show_line(self.status, self.tr("{} is a class now.").format(self.collection.classes[-1]), "second")
            self._canvas.setFocus()

    def _rename_class(self, name: str, becomes: str) -> None:
        if self._tried(lambda: self.collection.made().rename_class(name, becomes)):
            self._has_grown = True
            self._show_all()
            self.show_line(self.status, self._how(), "second")
        self._canvas.setFocus()

    def _use(self) -> None:
        dataset = self.collection.dataset
        if dataset is None:
            self.show_line(self.status, self.tr("Keep some drawings first."), "warning")
            return
        experiment = msgspec.structs.replace(self._session.experiment, dataset=dataset)
        if experiment == self._session.experiment:
            self._session.load_dataset()
        self._has_grown = False
        self._session.edit(self.tr("Train on {}").format(self.collection.name), experiment)
        self.used.emit()

    # --- what is shown

    def _show_begin(self, trouble: str) -> None:
        """Shows a book that was opened or begun; or why another one could not be opened."""
        self._show_all()
        if trouble:
            self.show_line(self.status, trouble, "bad")
        else:
            self.show_line(self.status, " ".join(self.collection.remarks) or self._how(), "second")

    def _show_all(self) -> None:
        collection = self.collection
        self.show_names(list(books()), collection.name, collection.author)
        self.show_classes(keys_of(collection.classes))
        counts, wanted = collection.counts(), collection.suggested()
        for name, card in self.cards.items():
            last = collection.last_of(name, EXAMPLES)
            examples = [Example(collection.picture_of(each), collection.is_wrong(each)) for each in last]
            card.show_class(counts[name], examples, name == wanted)
        self.prompt.setText(self._asking(wanted))
        self.area.ensureWidgetVisible(self.cards[wanted])
        self._show_actions()
        self.show_answer(self._known)

    def _show_actions(self) -> None:
        total = self.collection.total()
        self.undo_button.setEnabled(total > 0)
        self.use_button.setEnabled(total > 0)
        self.export_button.setEnabled(total > 0 and not self._exporter.is_busy)
        self._canvas.pass_undo(total > 0)

    def _asking(self, name: str) -> str:
        has_vowel = name.startswith(("8", "11", "18", *"aeioAEIO"))
        return (self.tr("Draw an {}") if has_vowel else self.tr("Draw a {}")).format(name)

    def _how(self) -> str:
        return self.tr("Draw, then press the key of its class, or Enter for what is asked for. Begin with ten of each.")

    def _mark(self, label: str) -> None:
        self._unmark()
        self.cards[label].set_kept(True)
        self._marking.start()

    def _unmark(self) -> None:
        for card in self.cards.values():
            card.set_kept(False)

    def _tried(self, step: Callable[[], object]) -> bool:
        """Whether a step went well; otherwise the panel says why not."""
        if trouble := self._trouble_of(step):
            self.show_line(self.status, trouble, "bad")
        return not trouble

    def _trouble_of(self, step: Callable[[], object]) -> str:
        """Does a step; why it failed, or empty."""
        try:
            step()
        except LeptonError as error:
            return str(error)
        return ""


def _contains(dataset: Dataset, drawings: Dataset) -> bool:
    """Whether the drawings are the dataset, or a part of it."""
    return dataset == drawings or any(_contains(member, drawings) for member in getattr(dataset, "members", ()))
