"""The few dialogs of the window, beside the one for errors."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QLabel, QMessageBox, QVBoxLayout, QWidget

from lepton_studio import __version__, paths
from lepton_studio.engine import LeptonError
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui import theme
from lepton_studio.gui.preferences import Preferences
from lepton_studio.gui.widgets.form import Form, spec_text

# lupdate looks for calls of this name.
translate = QCoreApplication.translate


class PreferencesDialog(QDialog):
    """A form of the preferences; every change shows at once, there is nothing to confirm."""

    def __init__(self, preferences: Preferences, apply: Callable[[Preferences], None], parent: QWidget) -> None:
        """Calls ``apply`` with each new value."""
        super().__init__(parent)
        self.setObjectName("preferences_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Preferences"))
        self.setMinimumWidth(theme.px(380))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP_LARGE, theme.GAP_LARGE, theme.GAP_LARGE, theme.GAP_LARGE)
        self.form = Form(preferences)
        self.form.value_edited.connect(lambda value, _text: apply(value))
        layout.addWidget(self.form)
        for field in fields_of(Preferences):
            # Said on the spot: who sets something up for a class does not go looking for tooltips.
            words = QLabel(spec_text(field.help), wordWrap=True)
            words.setProperty("role", "second")
            self.form.add_below(field.name, words)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def about_dialog(parent: QWidget) -> QMessageBox:
    """Says what this is, its version and where a person's things lie."""
    box = QMessageBox(parent)
    box.setObjectName("about_dialog")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(translate("dialogs", "About Lepton Studio"))
    box.setText(
        translate("dialogs", "Lepton Studio {}: learn and teach deep learning by doing it.").format(__version__)
    )
    box.setInformativeText(translate("dialogs", "What you make and download lies in {}.").format(paths.home()))
    return box


def confirmed(parent: QWidget, name: str, question: str, detail: str, action: str, *, refusal: str = "") -> bool:
    """Asks before something cannot be undone; Cancel is what Enter and Escape do.

    Args:
        parent: the widget that asks.
        name: the object name of the dialog.
        question: what is asked.
        detail: what it means.
        action: the word on the button that does it.
        refusal: the word on the button that does nothing, if "Cancel" could mean two things.
    """
    box = QMessageBox(parent)
    box.setObjectName(name)
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(question)
    box.setInformativeText(detail)
    agree = box.addButton(action, QMessageBox.ButtonRole.AcceptRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    if refusal:
        cancel.setText(refusal)
    box.setDefaultButton(cancel)
    box.exec()
    return box.clickedButton() is agree


def may_close(window: QWidget, training_state: str) -> bool:
    """Asks whether the window may close while it trains; a training that is stopping already needs no question."""
    if training_state not in ("running", "paused"):
        return True
    if training_state == "paused":
        question, refusal = translate("dialogs", "A training is paused."), translate("dialogs", "Do not close")
    else:
        question, refusal = translate("dialogs", "A training is under way."), translate("dialogs", "Go on training")
    detail = translate(
        "dialogs", "Closing the window stops it. Its run is kept, and the next start offers to go on exactly there."
    )
    action = translate("dialogs", "Stop, keep and close")
    return confirmed(window, "close_question", question, detail, action, refusal=refusal)


def path_to_save(parent: QWidget, title: str, proposed: str, kinds: dict[str, str]) -> pathlib.Path | None:
    """Asks where to save, and adds the ending that a person left away.

    Args:
        parent: the widget that asks.
        title: of the dialog.
        proposed: the name that stands there at first.
        kinds: what files are called by their endings, such as ``{".svg": "Drawing that scales"}``; the first is usual.

    Returns:
        None if nothing is to be saved.

    Raises:
        LeptonError: the name with its ending is taken.
    """
    filters = {f"{words} (*{ending})": ending for ending, words in kinds.items()}
    chosen, kind = QFileDialog.getSaveFileName(parent, title, proposed, ";;".join(filters))
    if not chosen:
        return None
    path = pathlib.Path(chosen)
    if path.suffix.lower() not in kinds:
        path = path.with_name(path.name + filters.get(kind, next(iter(kinds))))
        if path.exists():
            # The question whether to replace it was asked for another name, if at all.
            raise LeptonError(
                translate("dialogs", "{} is there already.").format(path), translate("dialogs", "Choose another name.")
            )
    return path
