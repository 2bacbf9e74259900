"""Reads ``nn.Sequential(...)`` from a syntax tree; nothing of the file is run.

Calls of torch's own modules are understood, and of ours where their source stands unchanged in the file. Each is made
anew on torch's meta device, and taken if a layer builds the same.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer, Shape, shape_text
from lepton_studio.engine.layer_matching import after, builds_same, layer_for, made_for, natural_shapes
from lepton_studio.engine.layers.branch import Branch
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.parallel import Parallel
from lepton_studio.engine.layers.repeat import Repeat
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.skip import Skip

# Larger numbers are no sizes of layers, and could keep torch busy for ever.
LARGEST_NUMBER = 100_000_000
# Layers on top of each other, which torch makes one by one, and times that a stack is repeated.
LARGEST_COUNT = 64
MOST_LAYERS = 1000
_TROUBLE = (TypeError, ValueError, RuntimeError, AssertionError, AttributeError, OverflowError, IndexError, KeyError)
_ENDLESS = (
    nn.Transformer,
    nn.TransformerEncoder,
    nn.TransformerDecoder,
    nn.AdaptiveLogSoftmaxWithLoss,
    nn.ParameterList,
    nn.ParameterDict,
    nn.ModuleDict,
)
_LOGITS = ("Softmax", "LogSoftmax", "Softmax2d")


class Names:
    """What names mean in a file: where they are imported from, constants, and classes of ours.

    Attributes:
        imports: name -> dotted path.
        constants: name -> the expression that is its only value.
        own: name -> class, for copies of our modules that nobody changed.
    """

    def __init__(self, tree: ast.Module, own: dict[str, type[nn.Module]]) -> None:
        """Looks through the whole file, functions too."""
        self.imports: dict[str, str] = {}
        self.constants: dict[str, ast.expr] = {}
        self.own = own
        bound: dict[str, int] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    name = alias.asname or alias.name.split(".")[0]
                    path = alias.name if alias.asname else name
                    self.imports[name] = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else path
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                bound[node.id] = bound.get(node.id, 0) + 1
            elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and node.name not in own:
                bound[node.name] = bound.get(node.name, 0) + 2
            elif isinstance(node, ast.arg):
                bound[node.arg] = bound.get(node.arg, 0) + 2
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.constants[node.targets[0].id] = node.value
        # A name that means several things means nothing here.
        self.imports = {name: path for name, path in self.imports.items() if name not in bound}
        self.constants = {name: value for name, value in self.constants.items() if bound.get(name) == 1}
        self.own = {name: kind for name, kind in own.items() if name not in bound and name not in self.imports}

    def path(self, node: ast.expr) -> str:
        """The dotted path that an expression names: ``torch.nn.Conv2d``; empty if it is nothing of the kind."""
        if isinstance(node, ast.Name):
            return self.imports.get(node.id, "")
        if isinstance(node, ast.Attribute):
            before = self.path(node.value)
            return f"{before}.{node.attr}" if before else ""
        return ""

    def kind(self, node: ast.expr) -> type[nn.Module] | None:
        """The class of modules that an expression names, torch's or ours."""
        if isinstance(node, ast.Name) and node.id in self.own:
            return self.own[node.id]
        path = self.path(node)
        if not path.startswith("torch.nn.") or path.count(".") > 3:
            return None
        found = getattr(nn, path.rsplit(".", 1)[1], None)
        return found if isinstance(found, type) and issubclass(found, nn.Module) else None

    def is_number(self, name: str) -> bool:
        """Whether a name is that of a constant of the file."""
        return name in self.constants and not isinstance(self.constants[name], ast.Call)

    def is_sequential(self, node: ast.AST) -> bool:
        """Whether it is ``nn.Sequential(...)``."""
        return isinstance(node, ast.Call) and self.kind(node.func) is nn.Sequential


class SequentialReader:
    """Reads one expression of a file."""

    def __init__(self, names: Names, source: str) -> None:
        """``source`` is how messages call the file."""
        self._names = names
        self._source = source
        self._layers = 0
        self._known: dict[tuple[str, Shape | None], tuple[Layer, Shape | None]] = {}

    def read(self, node: ast.expr, shape: Shape) -> tuple[Layer, ...]:
        """The layers of ``nn.Sequential(...)``.

        Args:
            node: the call.
            shape: (channels, height, width) of the pictures that it is meant for. Of the channels the first layer may
                know better.

        Raises:
            LeptonError: something in it is no layer of ours, named by its line.
        """
        first = next((self._module(part) for part in self._parts(node)), None)
        channels = made_for(first) if isinstance(first, nn.Conv2d) else 0
        layers, _after = self._stack(node, (channels or shape[0], *shape[1:]))
        return layers

    def trouble(
        self, node: ast.AST, what: str, remedy: str = "Change that line, or build it from cards."
    ) -> LeptonError:
        """An error that names the line."""
        return LeptonError(f"{self._source}, line {getattr(node, 'lineno', 0)}: {what}", remedy)

    def _stack(self, node: ast.expr, shape: Shape | None) -> tuple[tuple[Layer, ...], Shape | None]:
        layers: list[Layer] = []
        for part in self._parts(node):
            self._layers += 1
            if self._layers > MOST_LAYERS:
                raise self.trouble(part, f"There are more than {MOST_LAYERS} layers.", "Choose a smaller network.")
            key = (ast.dump(part), shape)
            if key not in self._known:
                self._known[key] = self._layer(part, shape)
            layer, shape = self._known[key]
            layers.append(layer)
        return tuple(layers), shape

    def _parts(self, node: ast.expr) -> Sequence[ast.expr]:
        """What stands in ``nn.Sequential(...)``: modules, or an ordered dictionary of them."""
        if not isinstance(node, ast.Call) or not self._names.is_sequential(node):
            raise self.trouble(node, f"'{_short(node)}' is no nn.Sequential.")
        if node.keywords:
            raise self.trouble(node, "nn.Sequential takes no names.")
        if len(node.args) == 1 and isinstance(node.args[0], ast.Call):
            inner = node.args[0]
            if self._names.path(inner.func) == "collections.OrderedDict" and len(inner.args) == 1:
                return [self._named(pair) for pair in self._elements(inner.args[0])]
        return node.args

    def _elements(self, node: ast.expr) -> list[ast.expr]:
        if isinstance(node, ast.List | ast.Tuple):
            return node.elts
        raise self.trouble(node, f"'{_short(node)}' is no list.")

    def _named(self, pair: ast.expr) -> ast.expr:
        if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
            return pair.elts[1]
        raise self.trouble(pair, f"'{_short(pair)}' is no pair of a name and a module.")

    def _layer(self, node: ast.expr, shape: Shape | None) -> tuple[Layer, Shape | None]:
        if self._names.is_sequential(node):
            return self._repeated(node, shape) or self._branch(node, shape)
        module = self._module(node)
        # A place kept for a layer that was left out; which one, nobody knows, and it does nothing.
        if type(module) is nn.Identity:
            return Dropout(disabled=True), shape
        assert isinstance(node, ast.Call)
        container = self._container(node, module, shape)
        if container is not None:
            if shape is not None and not builds_same(container, module, shape):
                raise self.trouble(node, f"'{_short(node)}' is more than cards can say.")
            return container, after(container, shape) if shape is not None else None
        return self._single(node, module, shape)

    def _branch(self, node: ast.expr, shape: Shape | None) -> tuple[Layer, Shape | None]:
        body, end = self._stack(node, shape)
        return Branch(body=body), end

    def _repeated(self, node: ast.expr, shape: Shape | None) -> tuple[Layer, Shape | None] | None:
        """The same stack several times over; None if it is something else."""
        parts = self._parts(node)
        if len(parts) < 2 or not all(map(self._names.is_sequential, parts)) or len(set(map(ast.dump, parts))) > 1:
            return None
        body, end = self._stack(parts[0], shape)
        return (Repeat(body=body, times=len(parts)), end) if end == shape and len(parts) <= LARGEST_COUNT else None

    def _single(self, node: ast.expr, module: nn.Module, shape: Shape | None) -> tuple[Layer, Shape | None]:
        found = layer_for(module, shape) if shape is not None else None
        if found is not None and shape is not None:
            return found, after(found, shape)
        for natural in natural_shapes(module):
            found = layer_for(module, natural)
            if found is None:
                continue
            if isinstance(found, Linear):
                # What it is made for is kept where it is not what comes, so that Build can show the difference.
                fixed = Linear(outputs=found.outputs, inputs=made_for(module), bias=found.bias)
                end = None if shape is None or len(shape) == 3 else (*shape[:-1], found.outputs)
                return fixed, end
            size = made_for(module)
            if shape is not None and size and size != (shape[0] if len(shape) == 3 else shape[-1]):
                raise self.trouble(
                    node,
                    f"{type(module).__name__} is made for {size} channels or features, but {shape_text(shape)} arrive.",
                    "Correct the numbers in the file; layers built from cards take what arrives.",
                )
            return found, None
        remedy = "Change that line, or build it from cards."
        if type(module).__name__ in _LOGITS:
            remedy = "Leave it out: the losses of Lepton Studio take the numbers before the softmax."
        raise self.trouble(node, f"There is no layer that does what '{_short(node)}' does.", remedy)

    def _container(self, node: ast.Call, module: nn.Module, shape: Shape | None) -> Layer | None:
        """A card that holds layers, from one of our modules."""
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        name = type(module).__name__
        if name in ("Sum", "SkipConcat"):
            body = given.get("body") or (node.args[0] if node.args else None)
            if body is None:
                raise self.trouble(node, f"{name} has no body.")
            layers, _after = self._stack(body, shape)
            if name == "SkipConcat":
                return Skip(body=layers)
            has_projection = getattr(module, "shortcut", None) is not None
            return Residual(body=layers, shortcut="projection" if has_projection else "identity")
        if name not in ("Concat", "Total"):
            return None
        listed = given.get("branches") or (node.args[0] if node.args else None)
        if isinstance(listed, ast.Call) and self._names.kind(listed.func) is nn.ModuleList and listed.args:
            listed = listed.args[0]
        branches: list[Layer] = []
        for branch in self._elements(listed or node):
            layers, _after = self._stack(branch, shape)
            branches.append(layers[0] if len(layers) == 1 else Branch(body=layers))
        return Parallel(branches=tuple(branches), join="concat" if name == "Concat" else "sum")

    # --- from calls to modules on the meta device

    def _module(self, node: ast.expr) -> nn.Module:
        if not isinstance(node, ast.Call):
            raise self.trouble(node, f"'{_short(node)}' is no call of a module that is known.")
        kind = self._names.kind(node.func)
        if kind is None:
            raise self.trouble(
                node,
                f"'{_short(node.func)}' is no module of torch.nn, so nobody knows what it does.",
                "Put a layer of torch.nn in its place, or build it from cards.",
            )
        try:
            arguments = [self._value(argument) for argument in node.args]
            keywords = {str(keyword.arg): self._value(keyword.value) for keyword in node.keywords if keyword.arg}
            if len(keywords) < len(node.keywords):
                raise self.trouble(node, "Arguments with ** cannot be read.")
            self._refuse_endless(node, kind, keywords.get("num_layers", next(iter(arguments[2:]), 1)))
            # What torch remarks about odd numbers is nothing that people could see here.
            with warnings.catch_warnings(action="ignore"), torch.device("meta"):
                return kind(*arguments, **keywords)
        except _TROUBLE as error:
            reason = str(error).strip().split("\n")[0]
            raise self.trouble(node, f"'{_short(node)}' cannot be made: {reason}.") from error

    def _refuse_endless(self, node: ast.expr, kind: type[nn.Module], layers: object) -> None:
        """Of some modules torch makes as many parts as a number says: no file shall keep it busy for ever."""
        is_recurrent = issubclass(kind, nn.RNNBase)
        if (is_recurrent and not (isinstance(layers, int) and layers <= LARGEST_COUNT)) or issubclass(kind, _ENDLESS):
            raise self.trouble(node, f"There is no layer that does what '{_short(node)}' does.")

    def _value(self, node: ast.expr) -> Any:
        """A constant, arithmetic with whole numbers, a module, or a list of these."""
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None):
                found: Any = node.value
            case ast.Name() if self._names.is_number(node.id):
                found = self._value(self._names.constants[node.id])
            case ast.UnaryOp(op=ast.USub()):
                found = -self._number(node.operand)
            case ast.BinOp():
                found = self._arithmetic(node)
            case ast.Tuple():
                found = tuple(map(self._value, node.elts))
            case ast.List():
                found = [self._value(part) for part in node.elts]
            case ast.Call() if self._names.kind(node.func) is not None:
                found = self._module(node)
            case _:
                raise self.trouble(node, f"'{_short(node)}' is no plain number.", "Write the number itself.")
        return self._checked(node, found)

    def _arithmetic(self, node: ast.BinOp) -> float:
        left, right = self._number(node.left), self._number(node.right)
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.FloorDiv) and right:
            return left // right
        if isinstance(node.op, ast.Div) and right:
            return left / right
        raise self.trouble(node, f"'{_short(node)}' cannot be worked out.", "Write the number itself.")

    def _number(self, node: ast.expr) -> int | float:
        value = self._value(node)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        raise self.trouble(node, f"'{_short(node)}' is no number.", "Write the number itself.")

    def _checked(self, node: ast.expr, value: Any) -> Any:
        if isinstance(value, (int, float)) and not (math.isfinite(value) and abs(value) <= LARGEST_NUMBER):
            raise self.trouble(node, f"{_short(node)} is too large a number.", "Use a smaller one.")
        return value


def _short(node: ast.AST) -> str:
    """An expression as it may stand in a message."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
