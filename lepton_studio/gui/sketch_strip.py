"""Every drawing is kept and found again: a strip below the canvas, the newest at the left."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QScrollArea, QToolButton, QWidget

from lepton_studio.engine import LeptonError, Sketch, save_sketch
from lepton_studio.gui import theme
from lepton_studio.gui.dialogs import confirmed, path_to_save
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.sketch_keeper import SketchKeeper, pad_strokes
from lepton_studio.gui.widgets.draw_pad import DrawPad
from lepton_studio.gui.widgets.drawing_tiles import DrawingTile, DrawingTiles
from lepton_studio.gui.widgets.icon_button import icon_button
from lepton_studio.gui.wording import grouped, percent

TILE_SIDE, TOOL_SIDE = 40, 32


class SketchStrip(QWidget):
    """Thumbnails with the answer below each; a click lays one on the canvas.

    Signals:
        said: what happened or failed, and the role of the line: "second" or "bad".
        keeping_wanted: whether drawings are to be kept from now on, for the preferences.
    """

    said = Signal(str, str)
    keeping_wanted = Signal(bool)

    def __init__(self, easel: Easel, canvas: DrawPad) -> None:
        """Shows what was drawn before; :meth:`restore` lays the last drawing on the canvas again."""
        super().__init__()
        self.setObjectName("sketch_strip")
        self.keeper = SketchKeeper(easel, canvas, self)
        self._canvas = canvas
        self._deleted: Sketch | None = None
        self.tiles = DrawingTiles(TILE_SIDE, wraps=False)
        self.tiles.setObjectName("sketches")
        self.tiles.setAccessibleName(self.tr("What was drawn lately"))
        self.tiles.chosen.connect(self._put_back)
        self.tiles.removed.connect(self.delete)
        self.tiles.menu_wanted.connect(self._show_menu_of)
        self.tiles.current_changed.connect(self._scroll_to)
        self._area = QScrollArea()
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self.tiles)
        self._area.viewport().installEventFilter(self)
        self._area.setFixedHeight(self.tiles.minimumSizeHint().height() + 2)
        # As high without drawings, so that the canvas above it does not jump.
        self.setFixedHeight(self._area.minimumHeight())
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._text.setProperty("role", "second")
        self.replay_button = self._tool("sketch_replay", "play", self.tr("Draw it again as it was drawn"))
        self.replay_button.clicked.connect(self._replay)
        self.menu_button = self._tool("sketch_menu", "archive", self.tr("Drawings that were kept"))
        self.menu_button.clicked.connect(lambda: self._show_menu())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_SMALL)
        row.addWidget(self._area, 1)
        row.addWidget(self._text, 1)
        for tool in (self.replay_button, self.menu_button):
            row.addWidget(tool, 0, Qt.AlignmentFlag.AlignTop)
        self.keeper.changed.connect(self._show)
        self._show()

    def restore(self) -> None:
        """Lays on the empty canvas what was on it when the program ended."""
        self.keeper.restore()
        self._show()

    def set_keeping(self, keeps: bool) -> None:
        """Sets whether what is drawn is kept."""
        self.keeper.set_keeping(keeps)
        self._show()

    def stop(self) -> None:
        """Keeps what is drawn and ends."""
        self.keeper.stop()

    def delete(self, identity: str) -> None:
        """Deletes one; :meth:`undelete` has it again."""
        book = self.keeper.book
        self._deleted = book.sketches.get(identity) if book is not None else None
        self.keeper.forget(identity)
        self.said.emit(self.tr("The drawing is deleted. The menu beside the strip brings it back."), "second")

    def undelete(self) -> None:
        """Has the drawing again that was deleted last."""
        if self._deleted is not None:
            sketch, self._deleted = self._deleted, None
            self.keeper.bring_back(sketch)

    def forget_all(self) -> None:
        """Deletes all of them, if a person means it."""
        count = len(self.keeper.sketches)
        if confirmed(
            self,
            "forget_sketches",
            self.tr("Forget all drawings?"),
            self.tr("{} drawings are deleted from the disk for good. Datasets of drawings stay as they are.").format(
                grouped(count)
            ),
            self.tr("Forget all"),
        ):
            self._deleted = None
            self.keeper.forget_all()

    def save_as(self, identity: str) -> None:
        """Writes one as a picture, or its strokes."""
        book = self.keeper.book
        sketch = book.sketches.get(identity) if book is not None else None
        if sketch is None:
            return
        kinds = {
            ".png": self.tr("Picture"),
            ".svg": self.tr("Drawing that scales"),
            ".json": self.tr("Strokes"),
        }
        name = sketch.answer or self.tr("drawing")
        try:
            path = path_to_save(self, self.tr("Save the drawing"), f"{name}.png", kinds)
            if path is not None:
                save_sketch(sketch, path)
                self.said.emit(self.tr("The drawing is in {}.").format(path), "second")
        except LeptonError as error:
            self.said.emit(str(error), "bad")

    # --- Qt

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.keeper.save()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turns the wheel over the strip sideways."""
        if isinstance(event, QWheelEvent) and watched is self._area.viewport():
            bar, turned = self._area.horizontalScrollBar(), event.angleDelta()
            bar.setValue(bar.value() - (turned.y() or turned.x()))
            return True
        return super().eventFilter(watched, event)

    # --- inside

    def _tool(self, name: str, icon: str, tip: str) -> QToolButton:
        tool = icon_button(name, icon, tip)
        tool.setFixedSize(theme.px(TOOL_SIDE), theme.px(TOOL_SIDE))
        return tool

    def _put_back(self, identity: str) -> None:
        self.keeper.put_back(identity)
        self._canvas.setFocus()

    def _replay(self) -> None:
        newest = self.keeper.sketches[:1]
        identity = self.keeper.shown_id or (newest[0].id if newest else "")
        self.keeper.save()
        self.keeper.replay(self.keeper.shown_id or identity)

    def _scroll_to(self, number: int) -> None:
        place = self.tiles.place_of(number)
        self._area.ensureVisible(place.center().x(), 0, place.width(), 0)

    def _show(self) -> None:
        sketches = self.keeper.sketches
        self.tiles.show_tiles([self._tile(each) for each in sketches], self.keeper.shown_id)
        self._area.setVisible(bool(sketches))
        self._text.setVisible(not sketches)
        self.replay_button.setEnabled(bool(sketches))
        if self.keeper.trouble:
            self._text.setText(self.keeper.trouble)
            self._text.show()
        elif self.keeper.keeps:
            self._text.setText(self.tr("What you draw is kept here, and found again at the next start."))
        else:
            self._text.setText(self.tr("Drawings are not kept. The menu at the right changes that."))

    def _tile(self, sketch: Sketch) -> DrawingTile:
        when = sketch.created[:16].replace("T", " ")
        # A letter that was refused is no digit afterwards either.
        answer = sketch.answer if sketch.is_known else f"{sketch.answer}?"
        if sketch.answer:
            said = self.tr("{0} · {1}, said {2} on {3}")
            text = said if sketch.is_known else self.tr("{2} did not know it on {3}; perhaps {0}, {1}")
            tip = text.format(sketch.answer, percent(sketch.probability, 0), sketch.network, when)
        else:
            tip = self.tr("Drawn on {}").format(when)
        return DrawingTile(sketch.id, pad_strokes(sketch.drawn()), answer, tip)

    def _show_menu_of(self, identity: str, place: QPoint) -> None:
        menu = self._new_menu()
        menu.addAction(self.tr("Put on the canvas"), lambda: self._put_back(identity))
        menu.addAction(self.tr("Draw it again"), lambda: self.keeper.replay(identity))
        menu.addAction(self.tr("Save as ..."), lambda: self.save_as(identity))
        menu.addSeparator()
        menu.addAction(self.tr("Delete"), lambda: self.delete(identity))
        menu.popup(place)

    def _show_menu(self) -> None:
        menu = self._new_menu()
        chosen = self.keeper.shown_id
        save = menu.addAction(self.tr("Save the drawing on the canvas as ..."), lambda: self.save_as(chosen))
        save.setEnabled(bool(chosen))
        undelete = menu.addAction(self.tr("Bring back the deleted drawing"), self.undelete)
        undelete.setEnabled(self._deleted is not None)
        menu.addSeparator()
        keep = menu.addAction(self.tr("Keep every drawing"))
        keep.setCheckable(True)
        keep.setChecked(self.keeper.keeps)
        keep.setEnabled(self.keeper.book is not None)
        keep.toggled.connect(self._want_keeping)
        forget = menu.addAction(self.tr("Forget all ..."), self.forget_all)
        forget.setEnabled(bool(self.keeper.sketches))
        menu.popup(self.menu_button.mapToGlobal(QPoint(0, self.menu_button.height())))

    def _want_keeping(self, keeps: bool) -> None:
        self.set_keeping(keeps)
        self.keeping_wanted.emit(keeps)

    def _new_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("sketch_actions")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu
