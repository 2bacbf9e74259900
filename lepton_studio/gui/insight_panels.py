"""What the walk through all pictures tells, in three panels: classes, pixel values, original sizes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from lepton_studio.engine import DataStatistics, Samples, SizeSpread, imbalance_advice
from lepton_studio.gui import theme
from lepton_studio.gui.page import second
from lepton_studio.gui.widgets.class_portraits import ClassPortrait, ClassPortraits
from lepton_studio.gui.widgets.histogram_view import HistogramView
from lepton_studio.gui.widgets.size_view import SizeView
from lepton_studio.gui.wording import grouped, percent, split_word


class ClassesPanel(QWidget):
    """A mean picture and a deviation for each class, with counts, and what unequal classes lead to."""

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self.setObjectName("insight_classes")
        self.warning = QLabel(wordWrap=True)
        self.warning.setProperty("role", "warning")
        self.warning.hide()
        self.portraits = ClassPortraits()
        # Advice about many classes is long: it scrolls with them rather than taking their room.
        both = QWidget()
        inner = _column(both)
        inner.addWidget(self.warning)
        inner.addWidget(self.portraits, 1)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(both)
        layout = _column(self)
        layout.addWidget(
            second(
                self.tr(
                    "Left: all pictures of a class laid over each other (mean). Right: where they differ (deviation), "
                    "yellow most. Classes that look alike here are hard to tell apart."
                )
            )
        )
        layout.addWidget(area, 1)

    def show_statistics(self, statistics: DataStatistics | None) -> None:
        """Shows them, or nothing."""
        if statistics is None:
            self.portraits.set_portraits(())
            self.warning.hide()
            return
        advice = imbalance_advice(statistics.class_names, statistics.counts)
        self.warning.setText("\n".join(f"⚠ {sentence}" for sentence in advice))
        self.warning.setVisible(bool(advice))
        self.portraits.set_portraits(
            [
                ClassPortrait(name, statistics.means[at], statistics.deviations[at], self._lines(statistics, at))
                for at, name in enumerate(statistics.class_names)
            ]
        )

    @staticmethod
    def _lines(statistics: DataStatistics, at: int) -> tuple[str, ...]:
        counts = (
            f"{split_word(split)} {grouped(int(values[at]))}"
            for split, values in statistics.counts.items()
            if values.sum()
        )
        return tuple(counts)


class PixelsPanel(QWidget):
    """How often each pixel value occurs, and the numbers by which the network normalises."""

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self.setObjectName("insight_pixels")
        self.histogram = HistogramView()
        self.logarithmic = QCheckBox(self.tr("Logarithmic"))
        self.logarithmic.setObjectName("insight_logarithmic")
        self.logarithmic.setToolTip(self.tr("Each step upwards is the same factor: rare values are seen, too."))
        self.logarithmic.setChecked(True)
        self.logarithmic.toggled.connect(self.histogram.set_logarithmic)
        self.numbers = second()
        row = QHBoxLayout()
        row.addWidget(
            second(
                self.tr(
                    "The lines of the splits should lie over each other: a network that learns from dark pictures and "
                    "is tested on bright ones is asked something it never learned."
                )
            ),
            1,
        )
        row.addWidget(self.logarithmic, 0, Qt.AlignmentFlag.AlignTop)
        layout = _column(self)
        layout.addLayout(row)
        layout.addWidget(self.histogram, 1)
        layout.addWidget(self.numbers)

    def show_statistics(self, statistics: DataStatistics | None, samples: Samples | None) -> None:
        """Shows them, or nothing."""
        if statistics is None or samples is None:
            self.histogram.set_levels({}, {}, (), ())
            self.numbers.clear()
            return
        # Those that the network uses: of all pictures not set aside for testing.
        means, deviations = samples.mean_and_std
        channels = self._channel_names(len(means))
        titles = {split: split_word(split) for split in statistics.levels}
        self.histogram.set_levels(statistics.levels, titles, channels, tuple(zip(means, deviations, strict=True)))
        each = ", ".join(
            self.tr("{}: mean {}, deviation {}").format(name, f"{mean:.1f}", f"{deviation:.1f}")
            for name, mean, deviation in zip(channels, means, deviations, strict=True)
        )
        text = self.tr("The network subtracts the mean and divides by the deviation (normalising). {} (of 255).")
        self.numbers.setText(f"{text.format(each)} {self._ink(statistics)}")

    def _channel_names(self, count: int) -> tuple[str, ...]:
        if count == 1:
            return (self.tr("Grey"),)
        colours = (self.tr("Red"), self.tr("Green"), self.tr("Blue"))
        return colours if count == 3 else tuple(self.tr("Channel {}").format(at + 1) for at in range(count))

    def _ink(self, statistics: DataStatistics) -> str:
        """How bright the pictures are and how much their centre moves about."""
        totals = statistics.totals
        known = totals > 0
        if not known.any():
            return ""
        share = float((statistics.ink[known] * totals[known]).sum() / totals[known].sum())
        sideways, upright = (
            float((statistics.spreads[known, axis] * totals[known]).sum() / totals[known].sum()) for axis in (0, 1)
        )
        text = self.tr("Brightness {} of the most possible; the centre of mass varies by {} pixels across, {} down.")
        return text.format(percent(share, 1), f"{sideways:.1f}", f"{upright:.1f}")


class SizesPanel(QWidget):
    """How large the pictures were before they were brought to one size."""

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self.setObjectName("insight_sizes")
        self.sizes = SizeView()
        self.facts = second()
        layout = _column(self)
        layout.addWidget(
            second(
                self.tr(
                    "Every picture is brought to one size (dashed). Those far below it gain no detail, those far above "
                    "lose some; long or tall ones get borders or are cut."
                )
            )
        )
        layout.addWidget(self.sizes, 1)
        layout.addWidget(self.facts)

    def show_statistics(self, statistics: DataStatistics | None, samples: Samples | None) -> None:
        """Shows them, or says why there is nothing to show."""
        spread = statistics.sizes if statistics is not None else None
        if spread is None or samples is None:
            self.facts.clear()
            self.sizes.clear()
            if samples is not None and samples.sizes is None:
                _, height, width = samples.shape
                text = self.tr(
                    "This dataset was published with all pictures at {} × {} pixels, so there is nothing to compare. "
                    "For pictures that you import from a folder their own sizes are shown here."
                )
                self.sizes.set_placeholder(text.format(width, height))
            else:
                self.sizes.set_placeholder(self.tr("Here you will see how large the pictures were."))
            return
        _, height, width = samples.shape
        self.sizes.set_sizes(spread.sizes, spread.counts, (width, height))
        self.facts.setText(self._facts(spread))

    def _facts(self, spread: SizeSpread) -> str:
        sizes = [f"{w} × {h}" for w, h in (spread.smallest, spread.largest, spread.median)]
        if len(spread.sizes) == 1:
            lines = [self.tr("All are {} pixels large.").format(sizes[0])]
        else:
            text = self.tr("{} different sizes, from {} to {} pixels; median {}.")
            lines = [text.format(grouped(len(spread.sizes)), *sizes)]
        if spread.enlarged == 1:
            lines.append(self.tr("1 was enlarged: it gained no detail."))
        elif spread.enlarged:
            lines.append(self.tr("{} were enlarged: they gained no detail.").format(grouped(spread.enlarged)))
        if spread.squeezed == 1:
            lines.append(self.tr("1 is of quite another shape (1.5 times as long or more)."))
        elif spread.squeezed:
            text = self.tr("{} are of quite another shape (1.5 times as long or more).")
            lines.append(text.format(grouped(spread.squeezed)))
        return " ".join(lines)


def _column(widget: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.GAP_SMALL)
    return layout
