"""What the cards of the gallery say of a dataset, in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lepton_studio.engine import Dataset, Preview, PublishedDataset, own_folder
from lepton_studio.gui.widgets.dataset_card import CardTexts
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import classes_word, megabytes, pictures_word


class CardWriter(QObject):
    """Writes the texts of a card."""

    def texts(
        self, dataset: Dataset, preview: Preview | None, is_current: bool, is_loaded: bool, failed: bool
    ) -> CardTexts:
        """All that a card says.

        Args:
            dataset: the dataset.
            preview: what it looks like; None while nobody knows.
            is_current: whether the experiment uses it.
            is_loaded: whether it is in memory, so that there is nothing to do with it.
            failed: whether its preview could not be made.
        """
        kind = type(dataset)
        is_here, is_own = dataset.is_here(), own_folder(dataset) is not None
        source = [self.tr("From {}").format(kind.publisher)] if kind.publisher else []
        source += [self.tr("Terms: {}").format(kind.licence)] if kind.licence else []
        placeholder = ""
        if is_here:
            placeholder = self.tr("It has no pictures that can be shown") if failed else self.tr("Looking ...")
        elif kind.download_bytes:
            placeholder = self.tr("Pictures come with the download")
        return CardTexts(
            title=spec_text(dataset.label()),
            summary=spec_text(kind.summary()),
            facts=self._facts(dataset, preview, is_here),
            source="\n".join(source),
            action="" if is_loaded else self._action(dataset, is_here),
            placeholder=placeholder,
            is_download=not is_here,
            is_current=is_current,
            is_own=is_own,
            locked=self.tr("Choose another dataset first: this one is in use.") if is_own and is_current else "",
        )

    def _action(self, dataset: Dataset, is_here: bool) -> str:
        download = type(dataset).download_bytes
        if is_here or not download:
            return self.tr("Use") if is_here else ""
        came = dataset.downloaded_bytes() if isinstance(dataset, PublishedDataset) else 0
        words = self.tr("Go on with the download ({})") if came else self.tr("Download ({})")
        return words.format(megabytes(max(download - came, 0)))

    def _facts(self, dataset: Dataset, preview: Preview | None, is_here: bool) -> str:
        download = type(dataset).download_bytes
        pictures, classes = (preview.pictures, preview.classes) if preview else (0, 0)
        if not preview and isinstance(dataset, PublishedDataset):
            pictures, classes = dataset.pictures, dataset.classes
        parts = []
        if pictures:
            parts = [
                pictures_word(pictures),
                classes_word(classes),
            ]
        if is_here:
            parts.append(self.tr("on this computer"))
        elif download:
            parts.append(megabytes(download))
        return " · ".join(parts)
