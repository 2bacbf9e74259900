"""The slider that takes everything that is watched back through the epochs, and what can be done with one of them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from lepton_studio.engine import LeptonError, Run, best_epoch
from lepton_studio.gui import theme
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.widgets.epoch_track import EpochTrack

# A whole run is played in about this many seconds, but no slower or faster than can be followed.
PLAY_SECONDS, SLOWEST, FASTEST = 6.0, 1.0, 10.0
ICON = 16
NARROWEST_WORDS = 80
# With less room than this, in designed pixels, words and buttons stand below the line.
ONE_ROW = 900


class EpochSlider(QWidget):
    """One row, or two where it is narrow. The training goes on while a person looks back.

    Signals:
        epoch_opened: a kept epoch is to be looked at elsewhere: its run (``Run.at_epoch``) and the name of the page.
    """

    epoch_opened = Signal(object, str)

    def __init__(self, monitor: Monitor, parent: QWidget | None = None) -> None:
        """Follows the monitor while it is seen."""
        super().__init__(parent)
        self._monitor = monitor
        self._kept: frozenset[int] = frozenset()
        self._is_stale = True
        self._player = QTimer(self)
        self._player.timeout.connect(self._play_on)
        self.track = EpochTrack()
        self.track.setObjectName("epoch_track")
        self.track.setAccessibleName(self.tr("Epoch that is looked at"))
        self.track.epoch_wanted.connect(self._go)
        self.label = QLabel(wordWrap=True)
        self.label.setObjectName("epoch_label")
        self.label.setFont(theme.font_of(theme.BODY_PIXELS))
        self._make_buttons()
        self._arrange()
        monitor.moved.connect(self._follow)
        self._show()

    @property
    def is_playing(self) -> bool:
        """Whether it runs through the epochs by itself."""
        return self._player.isActive()

    def play(self) -> None:
        """Runs through the epochs up to now, from the first one if nothing is looked back at."""
        epochs = self._monitor.epochs
        if not epochs:
            return
        if self._monitor.epoch is None:
            self._monitor.look_at(epochs[0])
        speed = min(max(len(epochs) / PLAY_SECONDS, SLOWEST), FASTEST)
        self._player.start(round(1000 / speed))
        self._show_player()

    def pause(self) -> None:
        """Stays at the epoch that was come to."""
        self._player.stop()
        self._show_player()

    # --- Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what happened while nobody looked."""
        super().showEvent(event)
        if self._is_stale:
            self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody watches the epochs go by."""
        super().hideEvent(event)
        self.pause()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One row or two, and words on the buttons where there is room."""
        super().resizeEvent(event)
        self._fit()

    # --- parts

    def _make_buttons(self) -> None:
        self.play_button = self._tool("epoch_play", "play", "", self._toggle)
        self.now_button = self._tool("epoch_now", "", self.tr("Now"), lambda: self._go(None))
        self.now_button.setToolTip(self.tr("Back to what the network does now (End)"))
        self.open_buttons = {
            "draw_page": self._tool("epoch_draw", "draw", self.tr("Open in Draw"), lambda: self._open("draw_page")),
            "evaluate_page": self._tool(
                "epoch_evaluate", "evaluate", self.tr("Open in Evaluate"), lambda: self._open("evaluate_page")
            ),
        }
        self._show_player()

    def _tool(self, name: str, icon: str, text: str, action: object) -> QToolButton:
        tool = QToolButton()
        tool.setObjectName(name)
        tool.setText(text)
        tool.setAccessibleName(text)
        tool.setMinimumSize(theme.px(28), theme.px(28))
        if icon:
            tool.setIconSize(QSize(theme.px(ICON), theme.px(ICON)))
            tool.setIcon(theme.icon(icon))
        tool.clicked.connect(action)
        return tool

    def _arrange(self) -> None:
        upper, lower = QHBoxLayout(), QHBoxLayout()
        for row in (upper, lower):
            row.setSpacing(theme.GAP_SMALL)
        upper.addWidget(self.play_button)
        upper.addWidget(self.track, 1)
        upper.addWidget(self.now_button)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.setMinimumWidth(theme.px(NARROWEST_WORDS))
        lower.addWidget(self.label, 1)
        for each in self.open_buttons.values():
            lower.addWidget(each)
        self._rows = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(theme.GRID)
        self._rows.addLayout(upper, 1)
        self._rows.addLayout(lower, 1)

    def _fit(self) -> None:
        is_wide = self.width() >= theme.px(ONE_ROW)
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if self._rows.direction() != direction:
            self._rows.setDirection(direction)
        room = self.width() // 2 if is_wide else self.width()
        words = sum(
            each.fontMetrics().horizontalAdvance(each.text()) + theme.px(ICON + 30)
            for each in self.open_buttons.values()
        )
        longest = self.label.fontMetrics().horizontalAdvance(self._words(self._longest_epoch()))
        style = Qt.ToolButtonStyle
        has_room = words + longest + 2 * theme.GAP_SMALL <= room
        for each in self.open_buttons.values():
            each.setToolButtonStyle(style.ToolButtonTextBesideIcon if has_room else style.ToolButtonIconOnly)

    # --- what people do

    def _go(self, epoch: int | None) -> None:
        self.pause()
        self._monitor.look_at(epoch)

    def _toggle(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def _play_on(self) -> None:
        epoch = self._monitor.epoch
        later = [each for each in self._monitor.epochs if epoch is not None and each > epoch]
        if later:
            self._monitor.look_at(later[0])
        else:
            self.pause()
            self._monitor.look_at(None)

    def _open(self, page: str) -> None:
        run, epoch = self._monitor.run, self._monitor.epoch
        if run is None or epoch is None:
            return
        try:
            then = run.at_epoch(epoch)
        except LeptonError:
            # The loop kept a later one in its place while the button was on its way down.
            self._show()
            return
        self.epoch_opened.emit(then, page)

    # --- what it shows

    def _follow(self) -> None:
        self._is_stale = True
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        self._is_stale = False
        run, epoch = self._monitor.run, self._monitor.epoch
        kept = run.kept_epochs() if run is not None else ()
        self._kept = frozenset(each.epoch for each in kept)
        best = best_epoch(run.history.epochs) if run is not None else 0
        self.track.show_epochs(self._monitor.epochs, epoch, self._kept, best)
        self.label.setText(self._words(epoch))
        self.track.setAccessibleDescription(self.label.text())
        self.play_button.setEnabled(bool(self._monitor.epochs))
        self.now_button.setEnabled(epoch is not None)
        self._show_open(run, epoch)
        self._fit()

    def _show_player(self) -> None:
        is_playing = self.is_playing
        text = self.tr("Hold here") if is_playing else self.tr("Run through the epochs")
        self.play_button.setIcon(theme.icon("pause" if is_playing else "play"))
        self.play_button.setToolTip(text)
        self.play_button.setAccessibleName(text)

    def _show_open(self, run: Run | None, epoch: int | None) -> None:
        reason = self._reason(run, epoch)
        tips = {
            "draw_page": self.tr("Draw for the network as it was after this epoch"),
            "evaluate_page": self.tr("Let the network as it was after this epoch answer a whole split"),
        }
        for page, each in self.open_buttons.items():
            each.setEnabled(not reason)
            each.setToolTip(f"{each.text()}: {reason}" if reason else f"{each.text()}: {tips[page]}")
            each.setAccessibleDescription(reason)

    def _reason(self, run: Run | None, epoch: int | None) -> str:
        """Why the epoch that is looked at cannot be opened; empty if it can."""
        if run is None or not self._monitor.epochs:
            return self.tr("there is no epoch yet.")
        if epoch is None:
            return self.tr("go back to an epoch first. The newest weights are what Draw and Evaluate show anyway.")
        if epoch in self._kept:
            return ""
        text = self.tr(
            "the weights of epoch {0} are not kept any more, because weights are large. Kept are those of {1}."
        )
        return text.format(epoch, ", ".join(str(each) for each in sorted(self._kept)) or self.tr("none"))

    def _longest_epoch(self) -> int | None:
        return self._monitor.epochs[-1] if self._monitor.epochs else None

    def _words(self, epoch: int | None) -> str:
        run = self._monitor.run
        if run is None or (not self._monitor.epochs and not run.pace.epoch):
            return self.tr("After the first epoch you can look back from here.")
        total = max(run.experiment.hyperparameters.epochs, run.pace.epochs, len(run.history.epochs))
        if epoch is not None:
            return self.tr("epoch {0} of {1} (looking back)").format(epoch, total)
        if self._monitor.session.training_state == "idle":
            return self.tr("now: after epoch {0} of {1}").format(len(run.history.epochs), total)
        return self.tr("now: in epoch {0} of {1}").format(run.pace.epoch or 1, total)
