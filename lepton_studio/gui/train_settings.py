"""The settings column of the Train page: dataset, network, hyperparameters, seed."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lepton_studio.engine import Experiment, Hyperparameters, all_datasets, describe, presets
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.page import second, section
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.form import Form, spec_text
from lepton_studio.gui.widgets.quiet_combo_box import QuietComboBox
from lepton_studio.gui.wording import grouped

# What says how this computer works, not what is learned: it stands below the rest.
ADVANCED = ("device", "precision", "threads", "compile")


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
        self.network_picker = QuietComboBox()
        self.network_picker.setObjectName("train_network_picker")
        self.network_picker.activated.connect(self._pick_network)
        self._network_text = second()
        names = tuple(field.name for field in fields_of(Hyperparameters) if field.name not in ADVANCED)
        self.form = Form(session.experiment.hyperparameters, only=names)
        self.form.setObjectName("hyperparameters_form")
        self.form.value_edited.connect(self._edit_hyperparameters)
        self.advanced_form = Form(session.experiment.hyperparameters, only=ADVANCED)
        self.advanced_form.setObjectName("advanced_form")
        self.advanced_form.value_edited.connect(self._edit_hyperparameters)
        self.seed_form = Form(session.experiment, only=("seed",))
        self.seed_form.value_edited.connect(self._edit_experiment)
        layout.addWidget(section(self.tr("Dataset")))
        layout.addWidget(self.dataset_picker)
        layout.addWidget(section(self.tr("Network")))
        layout.addWidget(self.network_picker)
        layout.addWidget(self._network_text)
        layout.addWidget(section(self.tr("Hyperparameters")))
        layout.addWidget(self.form)
        layout.addWidget(self.seed_form)
        layout.addWidget(section(self.tr("Advanced")))
        layout.addWidget(self.advanced_form)
        layout.addStretch(1)
        for signal in (session.experiment_changed, session.engine_started, session.samples_changed):
            signal.connect(self.show_experiment)
        self.show_experiment()

    def show_experiment(self) -> None:
        """Shows what the session holds."""
        experiment = self.session.experiment
        self.dataset_picker.clear()
        for name, dataset in all_datasets().items():
            self.dataset_picker.addItem(spec_text(dataset.label()), name)
        self.dataset_picker.setCurrentIndex(self.dataset_picker.findText(spec_text(experiment.dataset.label())))
        known = presets()
        self.network_picker.clear()
        for name, architecture in known.items():
            self.network_picker.addItem(architecture.name, name)
        if experiment.architecture not in known.values():
            self.network_picker.addItem(experiment.architecture.name, "")
        self.network_picker.setCurrentIndex(self.network_picker.findText(experiment.architecture.name))
        self._network_text.setText(self._describe_network())
        self.form.show_value(experiment.hyperparameters)
        self.advanced_form.show_value(experiment.hyperparameters)
        self.seed_form.show_value(experiment)

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
        dataset = all_datasets()[self.dataset_picker.currentData()]
        experiment = msgspec.structs.replace(self.session.experiment, dataset=dataset)
        self.session.edit(self.tr("Choose {}").format(spec_text(dataset.label())), experiment)

    def _pick_network(self) -> None:
        architecture = presets().get(self.network_picker.currentData())
        if architecture is not None:
            experiment = msgspec.structs.replace(self.session.experiment, architecture=architecture)
            self.session.edit(self.tr("Choose {}").format(architecture.name), experiment)

    def _edit_hyperparameters(self, value: Hyperparameters, text: str) -> None:
        experiment = msgspec.structs.replace(self.session.experiment, hyperparameters=value)
        self.session.edit(text, experiment, merges=True)

    def _edit_experiment(self, value: Experiment, text: str) -> None:
        self.session.edit(text, value, merges=True)
