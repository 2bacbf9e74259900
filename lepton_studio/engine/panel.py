"""A panel: several networks that look at the same drawing, what each says to it, and who agrees.

Different networks that learned the same thing rarely err on the same drawing, so where they disagree the drawing is a
hard one (query by committee, Seung et al. 1992, https://dl.acm.org/doi/10.1145/130385.130417).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from PIL import Image

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.reading import Part, Reader
from lepton_studio.engine.runs import Run
from lepton_studio.engine.strokes import Picture, Stroke, prepare_ink, render_strokes


@dataclass(frozen=True)
class Agreement:
    """Who of a panel says the same; numbers count its networks from 0.

    Attributes:
        label: what most say; empty if nobody knows.
        agreeing: who says so.
        differing: who says something else.
        unsure: who does not know.
        strangers: who knows other classes than the first, and so is not counted.
    """

    label: str = ""
    agreeing: tuple[int, ...] = ()
    differing: tuple[int, ...] = ()
    unsure: tuple[int, ...] = ()
    strangers: tuple[int, ...] = ()


class Judge:
    """One network of a panel; it is read from its run when it is first asked.

    Attributes:
        run: whose network it is.
        trouble: why it cannot answer; empty if it can, or was not asked yet.
        seconds: what its last answer took; None before the first.
    """

    def __init__(self, run: Run) -> None:
        """Reads nothing yet."""
        self.run = run
        self.trouble = ""
        self.seconds: float | None = None
        self._reader: Reader | None = None
        # The count of the weights with which it could not answer.
        self._failed_with = -1

    @property
    def is_behind(self) -> bool:
        """Whether its run has left newer weights than it answers with."""
        if self.run.weights is None:
            return False
        taken = self._failed_with if self._reader is None else self._reader.predictor.version
        return taken != self.run.weights_version

    @property
    def is_there(self) -> bool:
        """Whether its run still exists, and if it is a kept epoch, its weights."""
        return self.run.folder.is_dir() if self.run.shown_epoch is None else self.run.checkpoint.is_file()

    def take_calibration(self) -> None:
        """Reads anew what was measured of the network."""
        if self._reader is not None:
            self._reader = Reader(self._reader.predictor, self._reader.coverage)

    def judge(self, part: Part, strokes: Sequence[Stroke], coverage: float) -> Part:
        """What this network makes of a part that another network has read.

        Args:
            part: of the reading of the other.
            strokes: all that is drawn; empty for a photograph.
            coverage: the share of digits that shall be answered, 0..1.

        Raises:
            LeptonError: the run has no weights yet, or its files are damaged.
        """
        try:
            if self._reader is None:
                self._reader = Reader(Predictor(self.run), coverage)
            reader = self._reader
            # Only what is done each time is what it costs.
            begun = perf_counter()
            reader.predictor.refresh()
            self.trouble = ""
            picture = picture_for(reader.predictor.shape, part, strokes)
            looked = reader.predictor.look(picture[None])
        except LeptonError as error:
            self.trouble, self._failed_with = str(error), self.run.weights_version
            raise
        reader.coverage = coverage
        opinion = reader.judged((part.box,), (part.strokes,), (picture,), looked).parts[0]
        self.seconds = perf_counter() - begun
        return opinion


def picture_for(shape: Shape, part: Part, strokes: Sequence[Stroke]) -> Picture:
    """A part as a network sees it that takes pictures of another shape, C x H x W, uint8.

    Args:
        shape: (channels, height, width) of the network's input.
        part: what another network has read.
        strokes: all that is drawn; empty for a photograph.
    """
    if part.picture.shape == shape:
        return part.picture
    drawn = tuple(strokes[number] for number in part.strokes if number < len(strokes))
    return render_strokes(drawn, shape) if drawn else prepare_ink(Image.fromarray(part.picture[0]), shape)


def agreement_of(opinions: Sequence[Part | None], class_names: Sequence[tuple[str, ...]]) -> Agreement:
    """Who says the same as most.

    Args:
        opinions: what each network says, that of the page first; None: it does not answer.
        class_names: what each could say.
    """
    known = set(class_names[0]) if class_names else set()
    strangers = tuple(number for number, names in enumerate(class_names) if set(names) != known)
    counted = {
        number: opinion
        for number, opinion in enumerate(opinions)
        if opinion is not None and number not in strangers
    }  # fmt: skip
    votes = Counter(opinion.label for opinion in counted.values() if opinion.is_known)
    # Of classes with as many votes, the one that was said first: that of the page, if it is among them.
    label = max(votes, key=votes.__getitem__, default="")
    return Agreement(
        label,
        tuple(number for number, opinion in counted.items() if opinion.is_known and opinion.label == label),
        tuple(number for number, opinion in counted.items() if opinion.is_known and opinion.label != label),
        tuple(number for number, opinion in counted.items() if not opinion.is_known),
        strangers,
    )
