"""What the network on the bench is known for, if it ships: where it is from, how it is trained, what it is made for."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from lepton_studio.engine import Hyperparameters, Preset, preset_cards
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.page import button, second, section
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import epochs_word
from lepton_studio.gui.workbench import Workbench


class PresetFacts(QWidget):
    """Tells of a known network; hidden for a person's own."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        """Tells of what is on the bench now, and follows."""
        super().__init__(parent)
        self._workbench, self._session = workbench, workbench.session
        self._cards = {card.name: card for card in preset_cards().values()}
        self._before = self._session.experiment
        self._news = ""
        self._title = section("")
        self._title.setWordWrap(True)
        self._summary, self._source, self._training, self._sizes = second(), second(), second(), second()
        self._source.setTextFormat(Qt.TextFormat.RichText)
        self._source.setOpenExternalLinks(True)
        self._sizes.setProperty("role", "warning")
        for name, label in (("title", self._title), ("source", self._source), ("training", self._training)):
            label.setObjectName(f"preset_{name}")
        self._use_button = button("preset_use", self.tr("Train it like that"))
        self._use_button.clicked.connect(self._use)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP_SMALL, 0, 0)
        layout.setSpacing(theme.GAP_SMALL)
        for part in (self._title, self._summary, self._source, self._sizes, self._training, self._use_button):
            layout.addWidget(part)
        workbench.described.connect(self.refresh)
        self.refresh()

    @property
    def text(self) -> str:
        """All that it says."""
        labels: tuple[QLabel, ...] = (self._title, self._summary, self._source, self._sizes, self._training)
        return "\n".join(label.text() for label in labels if not label.isHidden())

    @property
    def card(self) -> Preset | None:
        """The known network on the bench; None for a person's own."""
        return self._cards.get(self._session.experiment.architecture.name)

    def refresh(self) -> None:
        """Tells of what is on the bench."""
        self._compare()
        card = self.card
        self.setVisible(card is not None)
        if card is None:
            return
        self._title.setText(card.name)
        self._summary.setText(spec_text(card.summary))
        self._source.setText(f'<a href="{card.source}">{self.tr("read more")}</a>')
        least, most = card.picture_sizes
        sizes = self.tr("It is made for pictures of {0} to {1} pixels a side; these have {2}.")
        shape = self._workbench.shape
        self._sizes.setText(sizes.format(least, most, " × ".join(str(side) for side in shape[1:])))
        self._sizes.setVisible(not card.suits(shape))
        self._show_training(card)

    def _show_training(self, card: Preset) -> None:
        settings = self._session.experiment.hyperparameters
        wanted = card.applied_to(settings)
        known = self.tr("It is trained with {}.").format(_pace_text(wanted))
        if wanted != settings:
            set_to = self.tr("Train is set to {}.").format(_pace_text(settings))
        else:
            set_to = self._news or self.tr("Train is set to that.")
        self._training.setText(f"{known} {set_to}")
        self._use_button.setVisible(wanted != settings)

    def _compare(self) -> None:
        """What came with the choice of another network; said until the next one is chosen."""
        before, now = self._before, self._session.experiment
        self._before = now
        if now.architecture != before.architecture:
            was = _pace_text(before.hyperparameters)
            is_other = _pace_text(now.hyperparameters) != was
            self._news = self.tr("Train was set to that with it; before: {}.").format(was) if is_other else ""

    def _use(self) -> None:
        if self.card is not None:
            experiment = self._session.experiment
            settings = self.card.applied_to(experiment.hyperparameters)
            edited = msgspec.structs.replace(experiment, hyperparameters=settings)
            self._session.edit(self.tr("Train as {}").format(self.card.name), edited)


def _pace_text(settings: Hyperparameters) -> str:
    """How long and how fast a training goes: "8 epochs, Adam, learning rate 0.005, one cycle"."""
    optimizer = settings.optimizer
    rate = next(field for field in fields_of(type(optimizer)) if field.name == "learning_rate")
    parts = (
        epochs_word(settings.epochs),
        spec_text(optimizer.title),
        f"{spec_text(rate.label).lower()} {optimizer.learning_rate:g}",
        spec_text(settings.schedule.title).lower(),
    )
    return ", ".join(parts)
