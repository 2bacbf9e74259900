"""Where everything of the stack lies: cards, the tensors between them, the frames of containers, places to drop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.tensor_picture import Shape, TensorScale, picture_size

Path = tuple[int, ...]

# Designed pixels.
MARGIN, INDENT, RIGHT_INDENT = 8, 16, 8
ONE_LINE, TWO_LINES = 34, 50
THIN_GAP, TENSOR_AIR, FOOT, JOINT_FOOT, WAY_LEAD = 12, 5, 10, 26, 24
TEXT_LEFT, TEXT_RIGHT, FLOW = 40, 12, 42
CHEVRON, WIDEST_WORDS, COLUMN_GAP = 24, 250, 12


@dataclass(frozen=True)
class StackRow:
    """One card.

    Attributes:
        path: where the layer is in the tree; empty for input and output.
        title: its name.
        detail: its settings, in a few words.
        shape: what comes out ("32 × 14 × 14"), empty if unknown.
        cost: its parameters ("320 parameters"), empty if none.
        brief: the same where there is little room ("320").
        error: why it cannot be built; empty if it can.
        kind: "layer", "input" or "output".
        group: what kind of layer; gives the colour.
        glyph: the name of its icon.
        tensor, came_in: what comes out and what comes in, in numbers; empty if unknown.
        figures: what else is known in numbers, the most important first; shown as far as there is room.
        left_out: the word for a layer that does not take part now; empty for one that does.
        container: whether it holds layers.
        joint: what a container does where its ways meet: "+", "×", "concat" or nothing.
        goes_by: whether the input of a container goes around its layers to the joint.
        way: how the branch is called that starts with this layer; empty for those that follow another one.
        hint: what an empty container says.
        tip: everything in words, for the mouse.
        spoken: everything in one sentence, for screen readers; empty: what is painted.
    """

    path: Path
    title: str
    detail: str = ""
    shape: str = ""
    cost: str = ""
    brief: str = ""
    error: str = ""
    kind: str = "layer"
    group: str = ""
    glyph: str = ""
    tensor: Shape = ()
    came_in: Shape = ()
    figures: tuple[str, ...] = ()
    left_out: str = ""
    container: bool = False
    joint: str = ""
    goes_by: bool = False
    way: str = ""
    hint: str = ""
    tip: str = ""
    spoken: str = ""

    @property
    def depth(self) -> int:
        """How many containers it is in."""
        return max(0, len(self.path) - 1)


@dataclass(frozen=True)
class Foot:
    """The lower end of a container: its frame closes, its ways meet, its tensor comes out.

    ``top`` counts from the top of the row that it belongs to; ``height`` is that of the frame's end, ``gap`` that of
    what is below it.
    """

    row: int
    top: float
    height: float
    gap: float


@dataclass(frozen=True)
class DropPlace:
    """A place between cards: where in the tree, and where to draw the line; ``whole`` is a folded container."""

    path: Path
    y: float
    depth: int
    whole: bool = False


@dataclass(frozen=True)
class RowPlan:
    """How a row is laid out; all lengths in pixels of the screen, from the top of the row.

    Attributes:
        lead: the room above the card.
        card: the height of the card.
        gap: the room under the card, where its tensor is drawn.
        shows_tensor: whether there is a picture in the gap: the layer made another shape of what came in.
        hint: the height of what an empty container says; 0 for others.
        feet: the containers that end here, the innermost first.
        frames: the rows of the containers around, the outermost first.
        open: whether it is a container whose cards are shown.
        height: all of it.
    """

    lead: float = 0.0
    card: float = 0.0
    gap: float = 0.0
    shows_tensor: bool = False
    hint: float = 0.0
    feet: tuple[Foot, ...] = ()
    frames: tuple[int, ...] = ()
    open: bool = False
    height: float = 0.0

    @property
    def card_bottom(self) -> float:
        """Where the card ends."""
        return self.lead + self.card


@dataclass
class StackPlan:
    """The layout of all rows for a width.

    Attributes:
        rows: what is laid out.
        folded: the containers whose cards are hidden.
        width: in pixels of the screen.
        plans: one for each row; that of a hidden row has no height.
        columns: how wide each of the figures is that there is room for.
    """

    rows: Sequence[StackRow]
    folded: frozenset[Path] = frozenset()
    width: float = 0.0
    plans: list[RowPlan] = field(default_factory=list)
    columns: tuple[float, ...] = ()
    scale: TensorScale = field(default_factory=lambda: TensorScale(()))

    def __post_init__(self) -> None:
        # Asked for once: a hundred rows take thousands of sizes.
        self._factor = theme.scale()
        self._small = QFontMetricsF(theme.font_of(theme.SMALL_PIXELS))
        self._deepest = max((row.depth for row in self.rows), default=0)
        self.scale = TensorScale(shape for row in self.rows for shape in (row.tensor, row.came_in))
        self._hidden = [any(row.path[:size] in self.folded for size in range(1, len(row.path))) for row in self.rows]
        self.lay_out(self.width)

    def lay_out(self, width: float) -> None:
        """Lays everything out for another width."""
        self.width = width
        self.columns = self._columns()
        heads: list[int] = []
        self.plans = []
        for number, row in enumerate(self.rows):
            if self._hidden[number]:
                self.plans.append(RowPlan())
                continue
            while heads and self.rows[heads[-1]].path != row.path[: len(self.rows[heads[-1]].path)]:
                heads.pop()
            self.plans.append(self._plan(number, row, tuple(heads)))
            if self.plans[-1].open:
                heads.append(number)

    def is_hidden(self, number: int) -> bool:
        """Whether a row lies in a folded container."""
        return self._hidden[number]

    def card_rect(self, number: int, top: float) -> QRectF:
        """The card of a row that begins at ``top``."""
        plan, depth = self.plans[number], self.rows[number].depth
        left = self._px(MARGIN) + depth * self._px(INDENT)
        right = self.width - self._px(MARGIN) - depth * self._px(RIGHT_INDENT)
        return QRectF(left, top + plan.lead, max(1.0, right - left), plan.card)

    def drop_places(self, number: int, top: float) -> list[DropPlace]:
        """Where something can be put near a row that begins at ``top``; ``y`` as ``top`` is."""
        row, plan = self.rows[number], self.plans[number]
        upper, lower = top + plan.lead, top + plan.card_bottom
        if row.kind == "output":
            last = max((each.path[0] for each in self.rows if each.path), default=-1)
            return [DropPlace((last + 1,), upper - 2, 0)]
        if row.kind == "input":
            return [DropPlace((0,), lower + plan.gap / 2, 0)]
        after = (*row.path[:-1], row.path[-1] + 1)
        found = [DropPlace(row.path, upper - 2, row.depth)]
        if plan.open:
            inside = lower + (plan.hint / 2 if plan.hint else self._px(THIN_GAP) / 2)
            found.append(DropPlace((*row.path, 0), inside, row.depth + 1))
        else:
            if row.container:
                found.append(DropPlace((*row.path, self._children(row.path)), (upper + lower) / 2, row.depth, True))
            found.append(DropPlace(after, lower + plan.gap / 2, row.depth))
        for foot in plan.feet:
            path = self.rows[foot.row].path
            y = top + foot.top + foot.height + foot.gap / 2
            found.append(DropPlace((*path[:-1], path[-1] + 1), y, len(path) - 1))
        return found

    def hides_fault(self, number: int) -> bool:
        """Whether a row is a folded container with a layer inside that cannot be built."""
        path = self.rows[number].path
        return path in self.folded and any(row.error for row in self.rows if row.path[: len(path)] == path)

    def has_two_lines(self, row: StackRow) -> bool:
        """Whether a card has a second line: for its settings, or for figures if there is room for some."""
        return bool(row.detail or (self.columns and any(row.figures) and row.cost))

    def figures_right(self) -> float:
        """Where the figures end, the same on cards of any depth so that they stand below each other."""
        return self.width - self._px(MARGIN + TEXT_RIGHT) - self._deepest * self._px(RIGHT_INDENT)

    def _children(self, path: Path) -> int:
        return sum(len(row.path) == len(path) + 1 and row.path[:-1] == path for row in self.rows)

    def _plan(self, number: int, row: StackRow, heads: tuple[int, ...]) -> RowPlan:
        thin = float(self._px(THIN_GAP))
        is_open = row.container and row.path not in self.folded
        is_empty = is_open and self._children(row.path) == 0
        lead = float(self._px(WAY_LEAD)) if row.way else self._px(MARGIN) if row.kind == "input" else 0.0
        card = self._card_height(row)
        shows = self._makes_another(row) and not is_open
        gap = self._gap(row) if shows else self._px(MARGIN) if row.kind == "output" else thin
        hint = float(self._px(ONE_LINE)) if is_empty else 0.0
        bottom = lead + card + (hint or gap)
        feet = []
        for head in reversed((*heads, number) if is_empty else heads):
            if not self._is_last(number, self.rows[head].path):
                break
            holder = self.rows[head]
            height = float(self._px(JOINT_FOOT if holder.joint else FOOT))
            below = self._gap(holder) if self._makes_another(holder) else thin
            feet.append(Foot(head, bottom, height, below))
            bottom += height + below
        return RowPlan(lead, card, gap, shows, hint, tuple(feet), heads, is_open, bottom)

    def _is_last(self, number: int, path: Path) -> bool:
        """Whether nothing of the container at a path comes after a row."""
        following = number + 1
        return following >= len(self.rows) or self.rows[following].path[: len(path)] != path or (
            # What is folded away counts as part of the row.
            self._hidden[following] and self._rest_is_hidden(following, path)
        )  # fmt: skip

    def _rest_is_hidden(self, number: int, path: Path) -> bool:
        for row, hidden in zip(self.rows[number:], self._hidden[number:], strict=True):
            if row.path[: len(path)] != path:
                return True
            if not hidden:
                return False
        return True

    def _px(self, size: float) -> int:
        return round(size * self._factor)

    @staticmethod
    def _makes_another(row: StackRow) -> bool:
        return bool(row.tensor) and (row.kind == "input" or row.tensor != row.came_in)

    def _gap(self, row: StackRow) -> float:
        return max(picture_size(row.tensor, self.scale).height(), self._small.height()) + 2 * self._px(TENSOR_AIR)

    def _card_height(self, row: StackRow) -> float:
        height = float(self._px(TWO_LINES if self.has_two_lines(row) else ONE_LINE))
        return height + (self.error_height(row) + self._px(8) if row.error else 0.0)

    def error_height(self, row: StackRow) -> float:
        """How high the wrapped message of a faulty card is."""
        return self._small.boundingRect(QRectF(0, 0, self.words_width(row), 1e4), _WRAPPED, row.error).height()

    def words_width(self, row: StackRow) -> float:
        """The room for words on a card."""
        lost = self._px(2 * MARGIN + TEXT_LEFT + TEXT_RIGHT) + row.depth * self._px(INDENT + RIGHT_INDENT)
        return max(float(self._px(40)), self.width - lost)

    def _columns(self) -> tuple[float, ...]:
        """As many figures as leave room for the settings, each column as wide as its widest entry."""
        inset = self._deepest * self._px(INDENT + RIGHT_INDENT)
        words = max((self._small.horizontalAdvance(row.detail) for row in self.rows if row.figures), default=0.0)
        room = self.words_width(StackRow((), "")) - inset - min(words, self._px(WIDEST_WORDS))
        widths: list[float] = []
        for column in range(max((len(row.figures) for row in self.rows), default=0)):
            texts = {row.figures[column] for row in self.rows if column < len(row.figures)}
            width = max(self._small.horizontalAdvance(text) for text in texts) + self._px(COLUMN_GAP)
            if width > room:
                break
            room -= width
            widths.append(width)
        return tuple(widths)


_WRAPPED = int(Qt.TextFlag.TextWordWrap.value)
