"""Inside: what every layer makes of the drawing, as pictures that light up while the pen moves."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QScrollArea, QVBoxLayout, QWidget

from lepton_studio.engine import ANSWER, Layer, LayerOutput, LeptonError, activations_of
from lepton_studio.gui import theme
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.intervention_note import intervene, interventions_of
from lepton_studio.gui.map_detail import Chosen, MapDetail, about_layer
from lepton_studio.gui.network_view import layer_title
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.map_foot import MapFoot
from lepton_studio.gui.widgets.map_levels import Values
from lepton_studio.gui.widgets.map_plan import Block
from lepton_studio.gui.widgets.map_wall import MapWall

Path = tuple[int, ...]

# The picture that goes in stands before the first layer.
PICTURE: Path = (-1,)


class MapsView(QWidget):
    """Follows the easel while it is seen; hidden, it costs nothing. Its owner calls :meth:`stop`."""

    def __init__(self, easel: Easel, parent: QWidget | None = None) -> None:
        """Shows the layers of the network there is."""
        super().__init__(parent)
        self.setObjectName("maps_view")
        self._easel = easel
        self._outputs: dict[Path, LayerOutput] = {}
        self._layers: dict[Path, Layer] = {}
        self._is_known = False
        self._done = interventions_of(easel)
        self._menu: QMenu | None = None
        # After the bars: they are painted first.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._look)
        self._make_parts()
        easel.answered.connect(self._follow)
        easel.part_chosen.connect(self._follow)
        easel.network_changed.connect(self._take_network)

    @property
    def outputs(self) -> dict[Path, LayerOutput]:
        """What the layers make of what is drawn now, by their path."""
        return self._outputs

    def stop(self) -> None:
        """Looks no more."""
        self._soon.stop()

    # --- parts

    def _make_parts(self) -> None:
        self.hint = second()
        self.hint.setObjectName("maps_hint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.wall = MapWall()
        self.wall.setObjectName("map_wall")
        self.wall.tile_chosen.connect(self.enlarge)
        self.wall.menu_wanted.connect(self._show_menu)
        self._area = QScrollArea()
        self._area.setObjectName("map_area")
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self.wall)
        self._area.viewport().installEventFilter(self)
        self.foot = MapFoot(self.wall, self._area)
        self.wall.cursor_moved.connect(self._scroll_to)
        self.detail = MapDetail(self._easel)
        self.detail.closed.connect(self.close_detail)
        self.detail.turned.connect(self._turn)
        self.detail.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.hint)
        layout.addWidget(self._area, 1)
        layout.addWidget(self.detail, 1)

    # --- following

    def _follow(self) -> None:
        if self.isVisible():
            self._soon.start()

    def _take_network(self) -> None:
        self._is_known = False
        self.detail.forget_network()
        self._follow()

    def _look(self) -> None:
        """One pass through the network, and one repaint."""
        predictor, part = self._easel.predictor, self._easel.part
        self._say()
        self._area.setVisible(predictor is not None and self.detail.chosen is None)
        if predictor is None:
            self.detail.let_go()
            self.detail.hide()
            return
        if not self._is_known and not self._learn_layers():
            return
        done = predictor.interventions
        if done != self._done:
            self._done = done
            self.wall.forget_scales()
            self._show_notes()
        picture = part.picture if part is not None else np.zeros(predictor.shape, np.uint8)
        self._outputs = {each.path: each for each in activations_of(predictor, picture)}
        probabilities = part.probabilities if part is not None else np.zeros(len(predictor.class_names), np.float32)
        self._outputs[ANSWER] = LayerOutput(ANSWER, probabilities, probabilities.shape, 0.0, 1.0)
        self._outputs[PICTURE] = LayerOutput(PICTURE, picture.astype(np.float32), picture.shape, 0.0, 255.0)
        if self.detail.chosen is not None:
            self._show_detail()
        elif part is None:
            self.wall.show_values(())
        else:
            found = (self._outputs[block.path] for block in self.wall.blocks)
            self.wall.show_values([Values(each.output, each.lowest, each.highest) for each in found])
        self.foot.update()

    def _learn_layers(self) -> bool:
        """Makes the wall of another network; false if it cannot take a picture."""
        predictor = self._easel.predictor
        assert predictor is not None
        layers = predictor.run.experiment.architecture.layers
        self._layers = dict(_tree(layers, ()))
        try:
            outputs = {each.path: each for each in activations_of(predictor, np.zeros(predictor.shape, np.uint8))}
        except (LeptonError, RuntimeError):
            return False
        names = predictor.class_names
        blocks = [Block(PICTURE, self.tr("Picture"), predictor.shape, predictor.shape)]
        for path, layer in self._layers.items():
            if path in outputs:
                blocks.append(Block(path, layer_title(layer), outputs[path].shape, outputs[path].output.shape))
        blocks.append(Block(ANSWER, self.tr("Answer"), (len(names),), (len(names),), names))
        self._is_known = True
        self._done = predictor.interventions
        self.close_detail()
        self.wall.show_blocks(blocks)
        self._show_notes()
        return True

    def _say(self) -> None:
        """What there is to be seen here, as long as there is nothing."""
        predictor = self._easel.predictor
        if predictor is None:
            self.hint.setText(
                self.tr(
                    "Here you will see what every layer makes of your drawing, from the picture down to the answer. "
                    "It needs a network that can answer: choose one above, or train one."
                )
            )
        elif self._easel.part is None:
            self.hint.setText(
                self.tr(
                    "Draw, and every layer lights up. Click a picture to see how it is computed, or to switch it off."
                )
            )
        else:
            # As long as the other one: the pictures below must not jump.
            self.hint.setText(
                self.tr("Bright is much; orange is above 0, blue below. Click a picture to see how it is computed.")
            )
        # Also while something is drawn: the pictures below must not jump.
        self.hint.setVisible(self.detail.isHidden())

    def _show_notes(self) -> None:
        done = self._done
        texts = []
        for block in self.wall.blocks:
            noise = done.noise(block.path)
            texts.append(self.tr("noise {} %").format(round(noise * 100)) if noise else "")
        self.wall.set_notes(texts, done.silenced)

    # --- enlarged

    def enlarge(self, path: Path, number: int) -> None:
        """Shows one map large; of a row or a sequence all of it, and the number that was clicked."""
        if path == PICTURE or path not in self._outputs:
            return
        layer = self._layers.get(path)
        block = next(each for each in self.wall.blocks if each.path == path)
        is_map = block.form == "maps"
        chosen = Chosen(path, number if is_map else 0, block.title, about_layer(type(layer).__doc__ if layer else ""))
        self._area.hide()
        self.hint.hide()
        self.detail.show()
        self.detail.choose(chosen, 0 if is_map else number)
        self._show_detail()
        self.detail.map.setFocus()

    def close_detail(self) -> None:
        """Back to all layers."""
        had_focus = self.detail.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self.detail.let_go()
        self.detail.hide()
        self._area.show()
        self.hint.show()
        if had_focus:
            self.wall.setFocus()
        self._follow()

    def _turn(self, by: int) -> None:
        chosen = self.detail.chosen
        if chosen is not None and self._outputs[chosen.path].output.ndim == 3:
            number = min(max(chosen.number + by, 0), len(self._outputs[chosen.path].output) - 1)
            self.enlarge(chosen.path, number)

    def _show_detail(self) -> None:
        chosen = self.detail.chosen
        if chosen is not None:
            output = self._outputs[chosen.path]
            self.detail.show_output(output, (output.lowest, output.highest), self._easel.part)

    # --- what is done to the network

    def _show_menu(self, path: Path, number: int, where: QPoint) -> None:
        if path in (PICTURE, ANSWER) or self._easel.predictor is None:
            return
        done = interventions_of(self._easel)
        is_matrix = len(self._outputs[path].output.shape) == 2 if path in self._outputs else False
        menu = QMenu(self)
        menu.setObjectName("map_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Enlarge"), lambda: self.enlarge(path, number))
        if not is_matrix:
            is_off = done.is_off(path, number)
            text = self.tr("Switch on") if is_off else self.tr("Switch off")
            menu.addAction(text, lambda: intervene(self._easel, done.switched(path, number, not is_off)))
        menu.addAction(self.tr("Noise on this layer ..."), lambda: self._open_noise(path, number))
        self._menu = menu
        menu.popup(where)

    def _open_noise(self, path: Path, number: int) -> None:
        self.enlarge(path, number)
        self.detail.switches.noise.setFocus()

    # --- Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        self._soon.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._soon.stop()
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._area.viewport():
            self._fit()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.detail.chosen is not None:
            self.close_detail()
        else:
            super().keyPressEvent(event)

    def _scroll_to(self, tile: QRect) -> None:
        # Not behind the answer either.
        below = self.foot.height() if self.foot.isVisible() else 0
        self._area.ensureVisible(tile.center().x(), tile.center().y(), tile.width(), tile.height() + below)

    def _fit(self) -> None:
        """Fits the wall into what is seen of it; with a bar at its side, what is left."""
        room = self._area.maximumViewportSize()
        self.wall.set_room(room)
        if self.wall.height() > room.height() or self.wall.width() > room.width():
            self.wall.set_room(self._area.viewport().size())


def _tree(layers: tuple[Layer, ...], above: Path) -> list[tuple[Path, Layer]]:
    """All layers in the order in which a picture meets their outputs: what a container holds comes before it."""
    found: list[tuple[Path, Layer]] = []
    for at, layer in enumerate(layers):
        path = (*above, at)
        found += [*_tree(layer.children(), path), (path, layer)]
    return found
