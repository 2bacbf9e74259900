"""What the cards say of datasets."""

import numpy as np
from PySide6.QtWidgets import QApplication

from lepton_studio.engine import DATASETS, Preview
from lepton_studio.gui.card_writer import CardWriter


def test_what_was_counted_is_said_rather_than_what_was_published(qapp: QApplication) -> None:
    svhn, writer = DATASETS["svhn"](), CardWriter()
    assert "99\u202f289 pictures · 10 classes" in writer.texts(svhn, None, False, False, False).facts
    counted = Preview(svhn, np.zeros((1, 1, 3), np.uint8), 3000, 1)
    assert "3\u202f000 pictures · 1 class ·" in writer.texts(svhn, counted, False, False, False).facts


def test_with_what_is_loaded_and_with_what_cannot_come_there_is_nothing_to_do(qapp: QApplication) -> None:
    digits, writer = DATASETS["bundled_digits"](), CardWriter()
    assert writer.texts(digits, None, True, False, False).action == "Use"
    assert writer.texts(digits, None, True, True, False).action == ""
    gone = writer.texts(DATASETS["image_folder"](name="gone"), None, True, False, False)
    assert (gone.action, gone.is_own, gone.placeholder) == ("", False, "")
