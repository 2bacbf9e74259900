"""What is said of the training pictures that are most like the drawing."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lepton_studio.gui.alike_search import AlikeSearch, Found, Way
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.verdict import Words
from lepton_studio.gui.widgets.alike_pictures import AlikeLook
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import grouped

WHITE = 255.0


class AlikeWording(QObject):
    """Puts it into sentences."""

    def verdict(self, search: AlikeSearch, easel: Easel) -> Words:
        """How many of the nearest are of the class that was answered."""
        found = search.found
        if search.trouble:
            return Words(search.trouble, "warning", "warning")
        if easel.part is None:
            return Words(self.tr("Draw something, and see which training pictures are most like it."))
        if found is None or (search.is_stale and search.progress is not None):
            return Words(self._waiting(search))
        count = len(found.nearest.positions)
        same = sum(found.source.samples.class_of(int(at)) == found.part.label for at in found.nearest.positions)
        text = self.tr("All {0} are {2}") if same == count else self.tr("{1} of {0} are {2}")
        if not same:
            text = self.tr("None of the {0} is {2}")
        said = text.format(count, same, found.part.label)
        if same == count:
            return Words(said, "check", "good")
        return Words(said, "warning", "warning") if 2 * same < count else Words(said)

    def about(self, search: AlikeSearch, easel: Easel) -> str:
        """Among which pictures it looks, and how it compares."""
        source, predictor = search.source, easel.predictor
        if predictor is None:
            return self.tr("There is no network yet whose training pictures could be looked at.")
        learned = spec_text(predictor.run.experiment.dataset.label())
        if source is None:
            if search.progress is not None or not search.is_nowhere:
                return self.tr("What it learned from: {}").format(learned)
            return self.tr("It learned from {}, which is not on this computer. Get it on the Data page.").format(
                learned
            )
        title, among = spec_text(source.dataset.label()), len(source.among)
        if search.way == "features" and search.sight is not None:
            among = len(search.sight.neighbours)
        sentences = [self.tr("Among the {0} pictures of {1} that it learned from.").format(grouped(among), title)]
        if not source.is_learned:
            text = self.tr("It learned from {0}, which is not on this computer; these are {1} pictures of {2}.")
            sentences = [text.format(learned, grouped(among), title)]
        if search.way == "pixels":
            sentences.append(self.tr("Compared pixel by pixel."))
        elif search.sight is not None:
            text = self.tr("Compared by the {} numbers that go into its last layer.")
            sentences.append(text.format(grouped(search.sight.neighbours.width)))
        if search.way == "features" and search.has_learned_since:
            sentences.append(self.tr("The network has learned since it looked at them."))
        return " ".join(sentences)

    def offer(self, search: AlikeSearch, easel: Easel) -> str:
        """What the button below offers; empty if there is nothing to do."""
        if search.progress is not None or easel.predictor is None:
            return ""
        if search.way == "features" and search.has_learned_since:
            return self.tr("Look at them again")
        if not search.was_refused:
            return ""
        if search.source is None:
            return self.tr("Load the pictures")
        return self.tr("Look at all pictures") if search.way == "features" else self.tr("Prepare the search")

    def closely(self, found: Found, at: int, look: AlikeLook) -> str:
        """What is known of one of the pictures."""
        position = int(found.nearest.positions[at])
        text = self.tr("Labelled {0}; number {1} of {2}; distance {3}")
        title = spec_text(found.source.dataset.label())
        return text.format(look.labels[at], grouped(position), title, look.distances[at])

    @staticmethod
    def distance(distance: float, way: Way) -> str:
        """A distance with three digits; of pixels, 1 is a white pixel where there should be a black one."""
        return f"{distance / WHITE if way == 'pixels' else distance:#.3g}"

    def _waiting(self, search: AlikeSearch) -> str:
        if search.progress is not None or not search.was_refused:
            nowhere = self.tr("There are no pictures to look among.")
            return nowhere if search.is_nowhere else self.tr("Looking ...")
        return self.tr("Nothing was looked at.")
