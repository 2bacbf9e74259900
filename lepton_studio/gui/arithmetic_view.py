"""How one cell of a layer's output came about, in pictures, numbers and as few words as that takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine import CellArithmetic
from lepton_studio.gui.widgets.sum_rows import Grid, SumRow, SumRows
from lepton_studio.gui.widgets.value_colours import short_number

# So many of the inputs are shown one by one, the strongest first; the others are one number.
MOST_PATCHES, MOST_PRODUCTS, MOST_ADDENDS = 2, 5, 8
# A window of more rows or columns would be a carpet.
LARGEST_WINDOW = 16


class ArithmeticView(SumRows):
    """Takes a cell that the engine has taken apart."""

    def show_cell(self, taken: CellArithmetic | None, names: tuple[str, ...] = (), about: str = "") -> None:
        """Shows how it came about.

        Args:
            taken: the cell; None: nothing.
            names: of the classes, for the answer.
            about: what the layer does, for those whose numbers are too many to tell.
        """
        if taken is None:
            self.show_rows(())
            return
        rows = {
            "convolution": self._convolution,
            "maximum": self._window,
            "mean": self._window,
            "products": self._products,
            "function": self._function,
            "normalised": self._normalised,
            "copy": self._copy,
            "addends": self._addends,
        }
        if taken.kind == "softmax":
            shown = self._softmax(taken, names)
        elif taken.kind == "told":
            shown = [SumRow(about), SumRow(self.tr("Too many numbers come together here to show them one by one."))]
            shown.append(self._result(taken))
        else:
            shown = rows[taken.kind](taken)
        if taken.handed_on != taken.value:
            shown.append(SumRow(self.tr("changed to"), (short_number(taken.handed_on),), True))
        self.show_rows(shown)

    # --- each kind

    def _convolution(self, taken: CellArithmetic) -> list[SumRow]:
        sums, count = taken.sums, len(taken.inputs)
        order = np.argsort(-np.abs(sums), kind="stable")[:MOST_PATCHES]
        products = taken.inputs * taken.weights
        reaches = [_reach(each[order]) for each in (taken.inputs, taken.weights, products)]
        shows_below = bool((taken.inputs < 0).any())
        head = self.tr("What the window sees, times the kernel, added up:")
        if count > MOST_PATCHES:
            head = self.tr("Of {} maps the strongest: what the window sees, times the kernel, added up:").format(count)
        rows = [SumRow(head)]
        for at in order:
            grids = (taken.inputs[at], taken.weights[at], products[at])
            patch, kernel, product = (Grid(each, reach) for each, reach in zip(grids, reaches, strict=True))
            patch = Grid(patch.values, patch.reach, signed=shows_below)
            label = self.tr("map {}").format(taken.first + int(at)) if count > 1 else ""
            parts = (patch, "×", kernel, "=", product, "Σ " + short_number(float(sums[at])))
            rows.append(SumRow(label, parts, spared=(3, 5)))
        rest = float(sums.sum() - sums[order].sum())
        if count > MOST_PATCHES:
            rows.append(SumRow(self.tr("{} others").format(count - len(order)), (short_number(rest),)))
        return [*rows, SumRow(self.tr("bias"), (short_number(taken.bias),)), self._result(taken)]

    def _window(self, taken: CellArithmetic) -> list[SumRow]:
        is_maximum = taken.kind == "maximum"
        values = taken.inputs if taken.inputs.ndim == 2 else taken.inputs[None]
        known = values[np.isfinite(values)]
        grid = Grid(values, _reach(known), bool((known < 0).any()), None)
        if is_maximum:
            winner = taken.winner if taken.inputs.ndim == 2 else (0, *taken.winner)
            grid = Grid(values, grid.reach, grid.signed, (winner[0], winner[1]))
        rows = [
            SumRow(
                self.tr("The largest of {} numbers is handed on:").format(known.size)
                if is_maximum
                else self.tr("The mean of {} numbers:").format(values.size)
            )
        ]
        if max(values.shape) <= LARGEST_WINDOW:
            rows.append(SumRow("", (grid,)))
        return [*rows, self._result(taken)]

    def _products(self, taken: CellArithmetic) -> list[SumRow]:
        products = taken.sums
        order = np.argsort(-np.abs(products), kind="stable")[:MOST_PRODUCTS]
        count = len(products)
        rows = [SumRow(self.tr("Each input times its weight, added up; the strongest of {}:").format(count))]
        reaches = [_reach(each[order]) for each in (taken.inputs, taken.weights, products)]
        for at in order:
            numbers = (taken.inputs[at], taken.weights[at], products[at])
            cells = [Grid(_one(each), reach) for each, reach in zip(numbers, reaches, strict=True)]
            label = self.tr("input {}").format(int(at))
            rows.append(SumRow(label, (cells[0], "×", cells[1], "=", cells[2])))
        if count > len(order):
            rest = float(products.sum() - products[order].sum())
            rows.append(SumRow(self.tr("{} others").format(count - len(order)), (short_number(rest),)))
        return [*rows, SumRow(self.tr("bias"), (short_number(taken.bias),)), self._result(taken)]

    def _function(self, taken: CellArithmetic) -> list[SumRow]:
        x = short_number(float(taken.inputs[0]))
        slope = short_number(next(iter(taken.numbers.values()), 0.0))
        formula = {
            "relu": f"max(0, {x})",
            "leaky_relu": f"{x} × {slope}" if taken.inputs[0] < 0 else f"{x}",
            "elu": f"{slope} × (e^{x} − 1)" if taken.inputs[0] < 0 else f"{x}",
            "gelu": f"{x} × Φ({x})",
            "silu": f"{x} × σ({x})",
            "sigmoid": f"σ({x})",
            "tanh": f"tanh({x})",
        }[taken.function]
        reach = max(abs(float(taken.inputs[0])), abs(taken.value), 1e-12)
        rows = [SumRow(self.tr("One number goes in, bent on its own:"))]
        cells = (Grid(_one(taken.inputs[0]), reach), "→", Grid(_one(taken.value), reach))
        return [*rows, SumRow("", cells), SumRow(formula), self._result(taken)]

    def _normalised(self, taken: CellArithmetic) -> list[SumRow]:
        by = {name: short_number(value) for name, value in taken.numbers.items()}
        rows = [SumRow(self.tr("Brought to a common scale: minus the mean, over the deviation, then scale and shift:"))]
        formula = f"({short_number(float(taken.inputs[0]))} − {by['mean']}) ÷ {by['deviation']}"
        rows.append(SumRow(f"{formula} × {by['scale']} + {by['shift']}"))
        return [*rows, self._result(taken)]

    def _copy(self, taken: CellArithmetic) -> list[SumRow]:
        origin = taken.origin
        if len(origin) == 3:
            text = self.tr("The number of map {0}, row {1}, column {2} of the layer before, unchanged.").format(*origin)
        elif len(origin) == 2:
            text = self.tr("The number of step {0}, feature {1} of the layer before, unchanged.").format(*origin)
        else:
            text = self.tr("Number {} of the layer before, unchanged.").format(origin[0])
        return [SumRow(text), self._result(taken)]

    def _addends(self, taken: CellArithmetic) -> list[SumRow]:
        reach = _reach(taken.inputs)
        rows = [SumRow(self.tr("Several ways come together here and are added:"))]
        for at, value in enumerate(taken.inputs[:MOST_ADDENDS].tolist()):
            rows.append(SumRow(self.tr("way {}").format(at + 1), (Grid(_one(value), reach), short_number(value))))
        return [*rows, self._result(taken)]

    def _softmax(self, taken: CellArithmetic, names: tuple[str, ...]) -> list[SumRow]:
        temperature = taken.numbers["temperature"]
        powers = np.exp(taken.inputs.astype(np.float64) / temperature)
        order = np.argsort(-taken.inputs, kind="stable")[:MOST_PRODUCTS]
        if taken.cell[0] not in order:
            order = np.append(order[:-1], taken.cell[0])
        text = self.tr("Softmax: e to the power of each output, as a share of all of them.")
        if temperature != 1.0:
            text += " " + self.tr("Outputs are first divided by the temperature {}.").format(short_number(temperature))
        rows, reach = [SumRow(text)], _reach(taken.inputs)
        for at in order:
            value = float(taken.inputs[at])
            share = float(powers[at] / powers.sum())
            power = f"e^{short_number(value / temperature)} = {_long(float(powers[at]))}"
            parts = (Grid(_one(value), reach), power, "→", _percent(share))
            rows.append(SumRow(names[at] if at < len(names) else str(at), parts))
        name = names[taken.cell[0]] if taken.cell[0] < len(names) else str(taken.cell[0])
        sums = f"{_long(float(powers[taken.cell[0]]))} ÷ {_long(float(powers.sum()))}"
        return [*rows, SumRow(name, (f"{sums} = {_percent(taken.value)}",), True)]

    def _result(self, taken: CellArithmetic) -> SumRow:
        return SumRow(self.tr("comes to"), (short_number(taken.value),), True)


def _reach(values: NDArray[np.float32] | NDArray[np.float64]) -> float:
    return float(np.abs(values).max()) if values.size else 1.0


def _one(value: float) -> NDArray[np.float32]:
    return np.array([[value]], np.float32)


def _long(value: float) -> str:
    """A number whose thousands are easier to read than its exponent."""
    return f"{value:,.0f}".replace(",", "\u202f") if 1000 <= value < 1e10 else short_number(value)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
