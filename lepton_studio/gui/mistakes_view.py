"""Which class was taken for which: the matrix, and the pictures of the chosen cell beside it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from lepton_studio.engine import Evaluation, Samples
from lepton_studio.gui import theme
from lepton_studio.gui.widgets.cell_pictures import CellPictures
from lepton_studio.gui.widgets.confusion_matrix import ConfusionMatrix
from lepton_studio.gui.wording import grouped, percent


class MistakesView(QSplitter):
    """The matrix is the larger part; the most frequent mistake is chosen first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._evaluation: Evaluation | None = None
        self._samples: Samples | None = None
        self.setObjectName("evaluate_splitter")
        self.setChildrenCollapsible(False)
        self.matrix = ConfusionMatrix()
        self.matrix.setObjectName("confusion_matrix")
        self.matrix.cell_chosen.connect(self._show_cell)
        self.addWidget(self.matrix)
        self.pictures = CellPictures()
        self.pictures.sample_chosen.connect(self._show_sample)
        self.addWidget(self.pictures)
        self.setStretchFactor(0, 1)
        self.setSizes([theme.px(660), theme.px(380)])

    def clear(self) -> None:
        """Forgets what was shown."""
        self._evaluation = None
        self.matrix.clear()
        self.pictures.clear()

    def show_evaluation(self, evaluation: Evaluation, samples: Samples | None) -> None:
        """Shows an evaluation, and the pictures of its samples if they are known."""
        self._evaluation, self._samples = evaluation, samples
        self.matrix.set_matrix(evaluation.confusion, evaluation.class_names)
        if samples is not None:
            names = evaluation.class_names
            self.pictures.grid.set_pictures(samples.images, samples.labels, names, np.empty(0, np.int64))
        off = evaluation.confusion.copy()
        np.fill_diagonal(off, 0)
        if off.any():
            # The most frequent mistake is what people want to see first.
            row, column = np.unravel_index(int(off.argmax()), off.shape)
            self.matrix.choose((int(row), int(column)))
            self._show_cell(int(row), int(column))

    def _show_cell(self, row: int, column: int) -> None:
        evaluation = self._evaluation
        if evaluation is None:
            return
        names = evaluation.class_names
        indices = evaluation.cell(row, column)
        count = grouped(len(indices))
        if row == column:
            title = self.tr("{} answered right: {}").format(names[row], count)
        else:
            title = self.tr("{} answered as {}: {}").format(names[row], names[column], count)
        self.pictures.show_cell(title, indices)
        if len(indices):
            self._show_sample(int(indices[0]))

    def _show_sample(self, index: int) -> None:
        evaluation, samples = self._evaluation, self._samples
        if evaluation is None or samples is None:
            return
        place = int(np.searchsorted(evaluation.indices, index))
        order = np.argsort(-evaluation.probabilities[place])[:3]
        answers = "\n".join(
            f"{evaluation.class_names[each]}: {percent(float(evaluation.probabilities[place, each]), 1)}"
            for each in order
        )
        label = evaluation.class_names[int(samples.labels[index])]
        text = self.tr("Number {}, labelled {}. Answers:\n{}").format(grouped(index), label, answers)
        self.pictures.show_sample(samples.images[index], text)
