"""Paints the rows of the stack: cards, the tensors that flow between them, the frames of containers."""

from __future__ import annotations

import functools

from PySide6.QtCore import QLineF, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.layer_colours import group_colour
from lepton_studio.gui.widgets.painting import contrast, mixed
from lepton_studio.gui.widgets.stack_plan import (
    CHEVRON,
    COLUMN_GAP,
    FLOW,
    INDENT,
    MARGIN,
    ONE_LINE,
    TEXT_LEFT,
    TEXT_RIGHT,
    TWO_LINES,
    Foot,
    RowPlan,
    StackPlan,
    StackRow,
)
from lepton_studio.gui.widgets.tensor_picture import paint_tensor

GLYPH, EDGE, SHAPE_WORDS = 18, 4, 42
# Marks are told from what is around them from this contrast on (WCAG 2.1, 1.4.11).
LEAST_CONTRAST = 3.0

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@functools.lru_cache(maxsize=64)
def mark_colour(group: str, ground: str) -> QColor:
    """The colour of a group, moved towards the text until it stands out on the ground."""
    colour, text = group_colour(group), QColor(theme.tokens().text)
    while contrast(colour, QColor(ground)) < LEAST_CONTRAST:
        colour = mixed(colour, text, 0.15)
    return colour


class CardPainter(QStyledItemDelegate):
    """The delegate of the stack; the plan says where things lie."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Starts without rows."""
        super().__init__(parent)
        self.plan = StackPlan(())

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        height = self.plan.plans[index.row()].height if index.row() < len(self.plan.plans) else 0
        return QSize(theme.px(120), round(height))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        number = index.row()
        if number >= len(self.plan.plans):
            return
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _RowPainting(painter, self.plan, number, float(option.rect.top())).paint(
            bool(state & QStyle.StateFlag.State_Selected),
            bool(state & QStyle.StateFlag.State_HasFocus),
            bool(state & QStyle.StateFlag.State_MouseOver),
        )
        painter.restore()


class _Ground:
    """What lies behind the card of a row while it is painted: the frames around it, and what flows."""

    def __init__(self, painter: QPainter, plan: StackPlan, number: int, top: float) -> None:
        self._painter, self._plan, self._number, self._top = painter, plan, number, top
        self._row: StackRow = plan.rows[number]
        self._layout: RowPlan = plan.plans[number]
        self._colours = theme.tokens()
        self._card = plan.card_rect(number, top)
        self._small = theme.font_of(theme.SMALL_PIXELS)

    def paint_ground(self) -> None:
        """Paints from the back to the front."""
        for frame in self._layout.frames:
            self._paint_frame(frame)
        if self._layout.open:
            self._paint_inside()
        self._paint_flow()
        for foot in self._layout.feet:
            self._paint_foot(foot)

    # --- frames

    def _frame_rect(self, head: int, top: float, bottom: float) -> QRectF:
        card = self._plan.card_rect(head, 0.0)
        return QRectF(card.left(), top, card.width(), bottom - top)

    def _paint_frame(self, head: int) -> None:
        """The slice of a container's frame that lies beside this row."""
        foot = next((foot for foot in self._layout.feet if foot.row == head), None)
        bottom = self._top + (foot.top if foot else self._layout.height)
        self._frame_slice(head, self._frame_rect(head, self._top, bottom))

    def _frame_slice(self, head: int, place: QRectF) -> None:
        self._painter.fillRect(place, self._ground(self._plan.rows[head].depth))
        self._painter.setPen(self._side_pen(head))
        self._painter.drawLine(QLineF(place.left() + 1, place.top(), place.left() + 1, place.bottom()))
        self._painter.setPen(self._frame_pen(head))
        self._painter.drawLine(QLineF(place.right() - 1, place.top(), place.right() - 1, place.bottom()))

    def _frame_pen(self, head: int) -> QPen:
        row = self._plan.rows[head]
        style = Qt.PenStyle.DashLine if row.left_out else Qt.PenStyle.SolidLine
        return QPen(mark_colour(row.group, self._colours.window), theme.scale() * 1.5, style)

    def _side_pen(self, head: int) -> QPen:
        """The left side of a frame, stronger where the input goes along it."""
        pen = self._frame_pen(head)
        if self._plan.rows[head].goes_by:
            pen.setWidthF(theme.scale() * 3)
        return pen

    def _ground(self, depth: int) -> QColor:
        """What lies inside a container: a little further from the window with each level."""
        return mixed(self._colours.window, self._colours.second_text, 0.05 + 0.05 * min(depth, 4))

    def _paint_inside(self) -> None:
        """The frame of a container from its own card on, with what an empty one says where its cards would be."""
        height = self._layout.hint or self._layout.gap
        place = self._frame_rect(self._number, self._card.bottom(), self._card.bottom() + height)
        self._frame_slice(self._number, place)
        if not self._layout.hint:
            return
        self._painter.setPen(QColor(self._colours.second_text))
        self._painter.setFont(self._small)
        left = place.adjusted(theme.px(INDENT + MARGIN), 0, -theme.px(MARGIN), 0)
        self._painter.drawText(left, int(_LEFT), _elided(self._small, self._row.hint, left.width()))

    def _paint_foot(self, foot: Foot) -> None:
        """The end of a frame, with what is done where the ways meet, and what comes out below it."""
        row, top = self._plan.rows[foot.row], self._top + foot.top
        place = self._frame_rect(foot.row, top, top + foot.height)
        radius = theme.px(theme.RADIUS)
        edge = QPainterPath(place.topLeft() + QPointF(1, 0))
        edge.lineTo(place.left() + 1, place.bottom() - radius)
        edge.quadTo(place.left() + 1, place.bottom(), place.left() + 1 + radius, place.bottom())
        edge.lineTo(place.right() - 1 - radius, place.bottom())
        edge.quadTo(place.right() - 1, place.bottom(), place.right() - 1, place.bottom() - radius)
        edge.lineTo(place.right() - 1, place.top())
        self._painter.setPen(self._frame_pen(foot.row))
        self._painter.setBrush(self._ground(row.depth))
        self._painter.drawPath(edge)
        flow = self._flow_x(foot.row)
        if row.goes_by:
            # The way around the layers is the left side of the frame; here it comes to where they meet.
            self._painter.setPen(self._side_pen(foot.row))
            self._painter.drawLine(QLineF(place.left() + 1, place.top(), place.left() + 1, place.center().y()))
            self._painter.drawLine(QLineF(place.left() + 1, place.center().y(), flow, place.center().y()))
        if row.joint:
            self._paint_joint(QPointF(flow, place.center().y()), row.joint, foot.row)
        shows = foot.gap > theme.px(13)
        self._paint_gap(flow, place.bottom(), foot.gap, row, shows)

    def _paint_joint(self, middle: QPointF, joint: str, head: int) -> None:
        font = theme.font_of(theme.SMALL_PIXELS, semibold=True)
        width = max(theme.px(18), QFontMetricsF(font).horizontalAdvance(joint) + theme.px(12))
        place = QRectF(middle.x() - width / 2, middle.y() - theme.px(9), width, theme.px(18))
        self._painter.setPen(self._frame_pen(head))
        self._painter.setBrush(QColor(self._colours.surface))
        self._painter.drawRoundedRect(place, place.height() / 2, place.height() / 2)
        self._painter.setPen(QColor(self._colours.text))
        self._painter.setFont(font)
        self._painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), joint)

    # --- what flows

    def _flow_x(self, number: int) -> float:
        return self._plan.card_rect(number, 0.0).left() + theme.px(FLOW)

    def _paint_flow(self) -> None:
        """The line into the card where a branch begins, and the one out of it with the tensor."""
        flow = self._card.left() + theme.px(FLOW)
        if self._row.way and self._layout.lead:
            lead = QRectF(flow + theme.px(10), self._top, self._card.right() - flow, self._layout.lead)
            self._painter.setPen(self._flow_pen())
            self._painter.drawLine(QLineF(flow, lead.center().y(), flow, lead.bottom()))
            self._painter.drawLine(
                QLineF(self._card.left() - theme.px(INDENT - 2), lead.center().y(), flow, lead.center().y())
            )
            self._painter.setPen(QColor(self._colours.second_text))
            self._painter.setFont(self._small)
            self._painter.drawText(lead, int(_LEFT), self._row.way)
        if self._row.kind == "output" or self._layout.hint:
            return
        if self._layout.open:
            following = self._number + 1
            if self._plan.rows[following].way:
                # The first of several ways begins at the frame, as the others do.
                return
            # On to the first card inside, which stands a little to the right.
            flow += theme.px(INDENT)
        self._paint_gap(flow, self._card.bottom(), self._layout.gap, self._row, self._layout.shows_tensor)

    def _flow_pen(self) -> QPen:
        known = bool(self._row.tensor)
        pen = QPen(QColor(self._colours.second_text if known else self._colours.disabled_text), theme.scale() * 1.5)
        if not known:
            pen.setDashPattern([2, 2])
        return pen

    def _paint_gap(self, flow: float, top: float, height: float, row: StackRow, shows: bool) -> None:
        self._painter.setPen(self._flow_pen())
        self._painter.drawLine(QLineF(flow, top, flow, top + height))
        if not shows:
            return
        middle = top + height / 2
        paint_tensor(self._painter, QPointF(flow, middle), row.tensor, self._plan.scale)
        place = QRectF(flow + theme.px(SHAPE_WORDS), top, self._plan.width - flow, height)
        self._painter.setPen(QColor(self._colours.text))
        self._painter.setFont(self._small)
        self._painter.drawText(place, int(_LEFT), row.shape)


class _RowPainting(_Ground):
    """One row while it is painted."""

    def paint(self, chosen: bool, current: bool, hovered: bool) -> None:
        """Paints the card on what lies behind it."""
        self.paint_ground()
        self._paint_card(chosen, current, hovered)
        self._paint_words()

    def _paint_card(self, chosen: bool, current: bool, hovered: bool) -> None:
        colours, row, painter = self._colours, self._row, self._painter
        card = self._card.adjusted(1, 1, -1, -1)
        radius = theme.px(theme.RADIUS)
        ground = mixed(colours.surface, colours.accent, 0.12 if chosen else 0.05 if hovered else 0.0)
        if row.error:
            ground = mixed(ground, colours.bad, 0.08)
        line = QColor(colours.bad if row.error else colours.accent if chosen else colours.line)
        pen = QPen(line, theme.scale() * (2.0 if row.error or (chosen and current) else 1.2 if chosen else 1.0))
        if row.left_out and not row.error:
            pen.setStyle(Qt.PenStyle.DashLine)
            pen.setColor(QColor(colours.accent if chosen else colours.second_text))
        painter.setPen(pen)
        painter.setBrush(ground)
        painter.drawRoundedRect(card, radius, radius)
        shape = QPainterPath()
        shape.addRoundedRect(card, radius, radius)
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(QRectF(card.left(), card.top(), theme.px(EDGE) + 1, card.height()), self._edge_colour())
        painter.restore()

    def _is_faulty(self) -> bool:
        return bool(self._row.error) or self._plan.hides_fault(self._number)

    def _edge_colour(self) -> QColor:
        if self._is_faulty():
            return QColor(self._colours.bad)
        if self._row.kind != "layer":
            return QColor(self._colours.second_text)
        colour = mark_colour(self._row.group, self._colours.surface)
        return mixed(colour, self._colours.surface, 0.6) if self._row.left_out else colour

    def _paint_words(self) -> None:
        row, painter, colours = self._row, self._painter, self._colours
        two = self._plan.has_two_lines(row)
        first = QRectF(self._card)
        first.setHeight(theme.px(TWO_LINES if two else ONE_LINE))
        side = theme.px(GLYPH)
        picture = QRectF(first.left() + theme.px(EDGE + 9), first.center().y() - side / 2, side, side)
        if row.glyph:
            pixmap = theme.glyph("warning" if self._is_faulty() else row.glyph, self._edge_colour())
            painter.drawPixmap(picture, pixmap, QRectF(pixmap.rect()))
        words = first.adjusted(
            theme.px(TEXT_LEFT), theme.px(5) if two else 0, -theme.px(TEXT_RIGHT), -theme.px(5) if two else 0
        )
        upper, lower = QRectF(words), QRectF(words)
        if two:
            upper.setBottom(words.center().y())
            lower.setTop(words.center().y())
        right = self._plan.figures_right()
        if row.container:
            self._paint_chevron(upper)
            right = min(right, upper.right() - theme.px(CHEVRON))
        quiet = QColor(colours.second_text)
        strong = theme.font_of(theme.BODY_PIXELS, semibold=True)
        needed = upper.left() + QFontMetricsF(strong).horizontalAdvance(row.title) + theme.px(8)
        short = needed + QFontMetricsF(self._small).horizontalAdvance(row.cost) > right
        cost = row.brief if short and row.brief else row.cost
        has_cost = two or bool(cost)
        left_of_cost = self._paint_right(upper, cost, right) if has_cost else self._paint_figures(upper)
        upper.setRight(min(left_of_cost, upper.right() - theme.px(CHEVRON if row.container else 0)))
        end = self._paint_left(
            upper, row.title, strong, QColor(colours.bad if row.error else quiet if row.left_out else colours.text)
        )
        if row.left_out:
            self._paint_badge(QRectF(end + theme.px(8), upper.top(), upper.right() - end, upper.height()), row.left_out)
        if two:
            lower.setRight(self._paint_figures(lower))
            self._paint_left(lower, row.detail, self._small, quiet)
        if row.error:
            place = QRectF(words.left(), first.bottom() - theme.px(2), self._plan.words_width(row), 1e4)
            painter.setPen(QColor(colours.bad))
            painter.setFont(self._small)
            painter.drawText(place, int((Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap).value), row.error)

    def _paint_left(self, place: QRectF, text: str, font: QFont, colour: QColor) -> float:
        shown = _elided(font, text, place.width())
        self._painter.setPen(colour)
        self._painter.setFont(font)
        self._painter.drawText(place, int(_LEFT), shown)
        return place.left() + QFontMetricsF(font).horizontalAdvance(shown)

    def _paint_right(self, place: QRectF, text: str, right: float) -> float:
        """Paints a text that ends at ``right``; returns where what is left of it must end."""
        if not text:
            return right
        width = QFontMetricsF(self._small).horizontalAdvance(text)
        self._painter.setPen(QColor(self._colours.text))
        self._painter.setFont(self._small)
        self._painter.drawText(QRectF(right - width - 1, place.top(), width + 1, place.height()), int(_RIGHT), text)
        return right - width - theme.px(8)

    def _paint_figures(self, place: QRectF) -> float:
        """The figures in their columns; returns where what is left of them must end."""
        right = self._plan.figures_right()
        self._painter.setPen(QColor(self._colours.second_text))
        self._painter.setFont(self._small)
        if not any(self._row.figures):
            return place.right()
        # The most important first from the left: from the right they are painted the other way round.
        for text, width in reversed(list(zip(self._row.figures, self._plan.columns, strict=False))):
            self._painter.drawText(QRectF(right - width, place.top(), width, place.height()), int(_RIGHT), text)
            right -= width
        return right - (theme.px(COLUMN_GAP) if self._plan.columns else 0)

    def _paint_chevron(self, place: QRectF) -> None:
        side = theme.px(16)
        pixmap = theme.glyph(
            "chevron_down" if self._layout.open else "chevron_right", QColor(self._colours.second_text)
        )
        spot = QRectF(place.right() - side + theme.px(2), place.center().y() - side / 2, side, side)
        self._painter.drawPixmap(spot, pixmap, QRectF(pixmap.rect()))

    def _paint_badge(self, place: QRectF, word: str) -> None:
        width = QFontMetricsF(self._small).horizontalAdvance(word) + theme.px(12)
        if width > place.width():
            return
        badge = QRectF(place.left(), place.center().y() - theme.px(9), width, theme.px(18))
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(QColor(self._colours.raised))
        self._painter.drawRoundedRect(badge, badge.height() / 2, badge.height() / 2)
        self._painter.setPen(QColor(self._colours.second_text))
        self._painter.setFont(self._small)
        self._painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), word)


def _elided(font: QFont, text: str, width: float) -> str:
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, width))
