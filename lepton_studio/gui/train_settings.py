"""The settings column of the Train page: dataset, network, recipe, hyperparameters, seed."""

from __future__ import annotations

import msgspec
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lepton_studio.engine import (
    MACHINE_FIELDS,
    Experiment,
    Hyperparameters,
    all_datasets,
    describe,
    recipe_of,
    recipes,
)
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.augmentation_preview import AugmentationPreview
from lepton_studio.gui.page import second, section
from lepton_studio.gui.preset_picker import PresetPicker
from lepton_studio.gui.rate_finder_view import RateFinderView
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import Form, spec_text
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.wording import grouped

# What the longest label takes, inside and out, so that all editors begin at the same place.
LABEL_WIDTH = 128


class TrainSettings(QWidget):
    """Shows the experiment and changes it through the session."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Makes the pickers and the forms."""
        super().__init__(parent)
        self.session = session
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, theme.GAP_SMALL, 0)
        layout.setSpacing(theme.GAP_SMALL)
        self.dataset_picker = QuietComboBox()
        self.dataset_picker.setObjectName("train_dataset_picker")
        self.dataset_picker.activated.connect(self._pick_dataset)
        self.network_picker = PresetPicker(session)
        self.network_picker.setObjectName("train_network_picker")
        self._network_text = second()
        self._recipes = recipes()
        self.recipe_picker = QuietComboBox()
        self.recipe_picker.setObjectName("recipe_picker")
        self.recipe_picker.activated.connect(self._pick_recipe)
        self._recipe_text = second()
        names = tuple(field.name for field in fields_of(Hyperparameters) if field.name not in MACHINE_FIELDS)
        self.form = self._form_of_hyperparameters("hyperparameters_form", names)
        self.form.add_below("augmentations", AugmentationPreview(session))
        self.rate_finder = RateFinderView(session)
        self.form.add_below("optimizer", self.rate_finder)
        self.advanced_form = self._form_of_hyperparameters("advanced_form", MACHINE_FIELDS)
        self.seed_form = Form(session.experiment, only=("seed",), label_width=theme.px(LABEL_WIDTH))
        self.seed_form.value_edited.connect(self._edit_experiment)
        parts = (
            (self.tr("Dataset"), self.dataset_picker),
            (self.tr("Network"), self.network_picker, self._network_text),
            (self.tr("Recipe"), self.recipe_picker, self._recipe_text),
            (self.tr("Hyperparameters"), self.form, self.seed_form),
            (self.tr("Advanced"), self.advanced_form),
        )
        for title, *widgets in parts:
            layout.addWidget(section(title))
            for widget in widgets:
                # What a screen reader calls them; forms name their own editors.
                widget.setAccessibleName(title if isinstance(widget, QuietComboBox) else "")
                layout.addWidget(widget)
        layout.addStretch(1)
        self._is_old = False
        session.datasets_changed.connect(self._fill_datasets)
        for signal in (session.experiment_changed, session.engine_started, session.samples_changed):
            signal.connect(self.show_experiment)
        self._show_now()

    def show_experiment(self) -> None:
        """Shows what the session holds, to somebody who looks; to others when they do."""
        self._is_old = not self.isVisible()
        if not self._is_old:
            self._show_now()

    def stop(self) -> None:
        """Ends background work, before the window closes."""
        self.rate_finder.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_old:
            self._is_old = False
            self._show_now()

    def _show_now(self) -> None:
        experiment = self.session.experiment
        self._fill_datasets()
        self._network_text.setText(self._describe_network())
        self._show_recipe(experiment.hyperparameters)
        self.form.show_value(experiment.hyperparameters)
        self.advanced_form.show_value(experiment.hyperparameters)
        self.seed_form.show_value(experiment)

    def _fill_datasets(self) -> None:
        found = all_datasets()
        self.dataset_picker.clear()
        for name, dataset in found.items():
            self.dataset_picker.addItem(spec_text(dataset.label()), name)
        current = self.session.experiment.dataset
        # An own one may have the same label as one that ships.
        self.dataset_picker.setCurrentIndex(list(found.values()).index(current) if current in found.values() else -1)
        self.dataset_picker.setPlaceholderText(spec_text(current.label()))

    def _form_of_hyperparameters(self, name: str, fields: tuple[str, ...]) -> Form:
        form = Form(self.session.experiment.hyperparameters, only=fields, label_width=theme.px(LABEL_WIDTH))
        form.setObjectName(name)
        form.value_edited.connect(self._edit_hyperparameters)
        return form

    def _show_recipe(self, hyperparameters: Hyperparameters) -> None:
        self.recipe_picker.clear()
        for name, recipe in self._recipes.items():
            self.recipe_picker.addItem(spec_text(recipe.name), name)
        followed = recipe_of(hyperparameters, self._recipes)
        if followed:
            text = spec_text(self._recipes[followed].description)
        else:
            self.recipe_picker.addItem(self.tr("Custom"), "")
            text = self.tr("Hyperparameters of your own.")
        self.recipe_picker.setCurrentIndex(self.recipe_picker.findData(followed))
        self._recipe_text.setText(text)

    def _describe_network(self) -> str:
        session = self.session
        layers = session.experiment.architecture.layers
        if not session.engine_ready or session.samples is None:
            return self.tr("{} layers").format(len(layers))
        report = describe(session.experiment.architecture, session.samples.shape, len(session.samples.class_names))
        if report.errors:
            return str(report.errors[0])
        return self.tr("{} layers, {} parameters").format(len(report.layers), grouped(report.parameters))

    def _pick_dataset(self) -> None:
        dataset = all_datasets().get(self.dataset_picker.currentData())
        if dataset is None:
            # Another window deleted it meanwhile.
            self._fill_datasets()
            return
        experiment = msgspec.structs.replace(self.session.experiment, dataset=dataset)
        self.session.edit(self.tr("Choose {}").format(spec_text(dataset.label())), experiment)

    def _pick_recipe(self) -> None:
        recipe = self._recipes.get(self.recipe_picker.currentData())
        if recipe is not None:
            hyperparameters = recipe.applied_to(self.session.experiment.hyperparameters)
            experiment = msgspec.structs.replace(self.session.experiment, hyperparameters=hyperparameters)
            self.session.edit(self.tr("Choose {}").format(spec_text(recipe.name)), experiment)

    def _edit_hyperparameters(self, value: Hyperparameters, text: str) -> None:
        experiment = msgspec.structs.replace(self.session.experiment, hyperparameters=value)
        self.session.edit(text, experiment, merges=True)

    def _edit_experiment(self, value: Experiment, text: str) -> None:
        self.session.edit(text, value, merges=True)
