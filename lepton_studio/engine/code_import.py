"""Opens architectures: JSON, the code that we wrote, and ``nn.Sequential`` in any Python file.

Nothing that is opened is run, and nothing is guessed at: what cannot be read is named with its line.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import re
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.code_export import CARRIED_MARK, CARRIED_START, NetworkSource, network_source
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import FORMAT, parse_experiment
from lepton_studio.engine.files import read_bytes
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.shipped_architectures import parse_architecture

if TYPE_CHECKING:
    from torch import nn

# Architectures are some kilobytes; what is much larger is none.
LARGEST_FILE = 2 << 20
# Files of others do not say which pictures they are for; these are what most lessons use.
USUAL_SHAPE: Shape = (1, 28, 28)
OWN_FORWARD = (
    "Its forward can do anything, so cards cannot be made of it without running it. Rebuild it from cards, or write it "
    "as one nn.Sequential."
)

# What the constructor of a network may do beside making its layers.
HARMLESS = re.compile(r"super\((\w+, self)?\)\.__init__\(\)|self\.register_buffer\('(mean|std)', [^\n]*\)")


class _Labelled(msgspec.Struct):
    """The field by which files of the program say what they are."""

    format: str = ""


class _Carried(msgspec.Struct):
    """The cards at the end of our code."""

    shape: tuple[int, int, int]
    architecture: Architecture


def read_architecture(path: Path, shape: Shape = USUAL_SHAPE) -> Architecture:
    """Opens a file: the JSON of an architecture or an experiment, or Python code.

    Args:
        path: the file.
        shape: (channels, height, width) of the pictures that code of others is meant for.

    Raises:
        LeptonError: it is something else, is damaged, or says what cards cannot; the message names file and line.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise LeptonError(f"{path} could not be read: {error.strerror or error}.", "Check the name.") from error
    # A pipe would be waited for, and some devices never end.
    if not stat.S_ISREG(facts.st_mode):
        raise LeptonError(f"{path} is no plain file.", "Choose a JSON or a Python file.")
    if facts.st_size > LARGEST_FILE:
        raise LeptonError(f"{path} is too large for an architecture.", f"Choose one under {LARGEST_FILE >> 20} MB.")
    return parse_any_architecture(read_bytes(path), str(path), shape)


def opened_architecture(path: Path, shape: Shape = USUAL_SHAPE) -> Iterator[Architecture]:
    """:func:`read_architecture` as a job for the background."""
    yield read_architecture(path, shape)


def parse_any_architecture(content: bytes, source: str, shape: Shape = USUAL_SHAPE) -> Architecture:
    """Like :func:`read_architecture`, of bytes; ``source`` is how messages call them."""
    if len(content) > LARGEST_FILE:
        raise LeptonError(f"{source} is too large for an architecture.", f"Choose one under {LARGEST_FILE >> 20} MB.")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") or source.lower().endswith(".json"):
        return _parse_json(content.removeprefix(b"\xef\xbb\xbf"), source)
    return _parse_code(content, source, shape)


def _parse_json(content: bytes, source: str) -> Architecture:
    try:
        is_experiment = msgspec.json.decode(content, type=_Labelled).format == FORMAT
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        is_experiment = False  # The other reader says what is wrong with it.
    return parse_experiment(content, source).architecture if is_experiment else parse_architecture(content, source)


def _parse_code(content: bytes, source: str, shape: Shape) -> Architecture:
    try:
        text = content.decode("utf-8-sig")
        with warnings.catch_warnings():
            # Odd escapes in texts of others are no matter of ours.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        return _read_tree(tree, text, source, shape)
    except SyntaxError as error:
        raise LeptonError(
            f"{source} is neither JSON nor Python: {error.msg} in line {error.lineno}.", "Choose another file."
        ) from error
    except UnicodeDecodeError as error:
        raise LeptonError(f"{source} is no text in UTF-8.", "Choose another file.") from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise LeptonError(f"{source} cannot be read: it is nested too deep.", "Choose another file.") from error


def _read_tree(tree: ast.Module, text: str, source: str, shape: Shape) -> Architecture:
    from lepton_studio.engine.sequential_reader import Names, SequentialReader

    carried = _carried(text)
    if carried is not None:
        exported = _exported(carried)
        if exported is not None and _is_unchanged(tree, exported):
            return carried.architecture
    names = Names(tree, _unchanged_classes(tree))
    node = _sequential(tree, names, source, _forward_of_ours())
    layers = SequentialReader(names, source).read(node, carried.shape if carried else shape)
    name = carried.architecture.name if carried else Path(source).stem
    return Architecture(name or "Untitled", layers)


# --- code that we wrote


def _carried(text: str) -> _Carried | None:
    """The cards in the comments at the end, if there are any and they can be read."""
    lines = text.splitlines()
    if CARRIED_MARK not in lines:
        return None
    # From the end, because a text further up may quote them.
    first = len(lines) - lines[::-1].index(CARRIED_MARK)
    written = ""
    for line in lines[first:]:
        if not line.startswith(CARRIED_START):
            break
        written += line.removeprefix(CARRIED_START)
    try:
        return msgspec.json.decode(written.encode(), type=_Carried)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


def _exported(carried: _Carried) -> NetworkSource | None:
    """What we would write for these cards."""
    if not all(0 < size <= 1 << 14 for size in carried.shape):
        return None
    try:
        return network_source(carried.architecture, carried.shape, None)
    except (LeptonError, RecursionError):
        return None


def _is_unchanged(tree: ast.Module, exported: NetworkSource) -> bool:
    """Whether the network in a file, and all that it is made of, is what we would write."""
    ours = ast.parse("\n\n\n".join([*exported.pieces.values(), exported.text]))
    wanted = {name: _plain(node) for name, node in _definitions(ours).items()}
    found = {name: _plain(node) for name, node in _definitions(tree).items()}
    network = wanted.pop(exported.name)
    # A script calls it by another name; its parts keep theirs.
    return all(found.get(name) == text for name, text in wanted.items()) and (
        network in (found.get(exported.name), found.get("Network"))
    )


def _definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """What a file defines at its top level; a name that is defined twice is not known."""
    found: dict[str, ast.stmt] = {}
    twice: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        else:
            continue
        twice |= {name for name in names if name in found}
        found |= dict.fromkeys(names, node)
    return {name: node for name, node in found.items() if name not in twice}


def _plain(node: ast.stmt) -> str:
    """A definition without its name and its texts for people, to be compared."""
    copied: Any = ast.parse(ast.unparse(node)).body[0]
    for inner in ast.walk(copied):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner) is not None:
            inner.body = inner.body[1:]
    if isinstance(copied, ast.ClassDef):
        copied.name = ""
    return ast.dump(copied)


def _unchanged_classes(tree: ast.Module) -> dict[str, type[nn.Module]]:
    """The copies of our modules in a file that do what ours do."""
    ours = _own_classes()
    return {
        name: ours[name][0]
        for name, node in _definitions(tree).items()
        if name in ours and _plain(node) == ours[name][1]
    }


@functools.cache
def _own_classes() -> dict[str, tuple[type[nn.Module], str]]:
    """The modules that torch does not have, and what their source says."""
    from torch.nn import Module

    from lepton_studio.engine import modules
    from lepton_studio.engine.network import Sum

    kinds: list[type[Module]] = [Sum]
    for file in pkgutil.iter_modules(modules.__path__):
        module = importlib.import_module(f"{modules.__name__}.{file.name}")
        kinds += [
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Module) and value.__module__ == module.__name__
        ]
    return {kind.__name__: (kind, _plain(ast.parse(inspect.getsource(kind)).body[0])) for kind in kinds}


# --- code of others


def _sequential(tree: ast.Module, names: Any, source: str, our_forward: str) -> ast.Call:
    """The one ``nn.Sequential(...)`` of a file.

    Raises:
        LeptonError: there is none, or several, or a class decides itself what happens with it.
    """
    calls = _outermost(tree, names)
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or not _is_module(node, names) or node.name in names.own:
            continue
        inside = [call for call in calls if call in set(ast.walk(node))]
        forward = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "forward"), None)
        if forward is None and not inside:
            continue
        is_plain = forward is not None and (_is_passing(forward) or _plain(forward) == our_forward)
        if len(inside) != 1 or not is_plain or not _is_only_part(node, inside[0]):
            line = (forward or node).lineno
            raise LeptonError(
                f"{source}, line {line}: {node.name} is a network with a forward of its own.", OWN_FORWARD
            )
    if not calls:
        raise LeptonError(
            f"{source} has no nn.Sequential(...) in it.",
            "Choose a JSON file, code that Lepton Studio wrote, or a file with one nn.Sequential of torch.nn.",
        )
    if len(calls) > 1:
        lines = ", ".join(str(call.lineno) for call in calls[:8])
        raise LeptonError(f"{source} has {len(calls)} nn.Sequential, in lines {lines}.", "Leave only one in the file.")
    return calls[0]


def _outermost(tree: ast.Module, names: Any) -> list[ast.Call]:
    """The nn.Sequential that are in no other; those inside the copies of our classes are their own affair."""
    found: list[ast.Call] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if names.is_sequential(node):
            assert isinstance(node, ast.Call)
            found.append(node)
        elif not (isinstance(node, ast.ClassDef) and node.name in names.own):
            waiting += ast.iter_child_nodes(node)
    return sorted(found, key=lambda call: call.lineno)


def _is_module(node: ast.ClassDef, names: Any) -> bool:
    """Whether a class is a module of torch, or may be one."""
    return any(names.path(base).startswith("torch.nn.") for base in node.bases)


def _is_passing(forward: ast.FunctionDef) -> bool:
    """Whether a forward only sends its input through one part: ``return self.layers(x)``."""
    body = forward.body[1:] if ast.get_docstring(forward) is not None else forward.body
    arguments = [one.arg for one in forward.args.args]
    if len(body) != 1 or len(arguments) != 2 or forward.decorator_list or not isinstance(body[0], ast.Return):
        return False
    call = body[0].value
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == arguments[0]
        and [getattr(one, "id", "") for one in call.args] == arguments[1:]
        and not call.keywords
    )


def _is_only_part(node: ast.ClassDef, call: ast.Call) -> bool:
    """Whether a class is nothing but what a call makes: no other statement than those that every network has."""
    functions = [one for one in node.body if isinstance(one, ast.FunctionDef) and not one.decorator_list]
    others = [one for one in node.body if one not in functions and not _is_text(one)]
    if others or sorted(one.name for one in functions) != ["__init__", "forward"]:
        return False
    if len(node.bases) > 1 or node.keywords or node.decorator_list:
        return False
    made = ""
    for one in next(one for one in functions if one.name == "__init__").body:
        if (
            isinstance(one, ast.Assign)
            and one.value is call
            and re.fullmatch(r"self\.\w+", ast.unparse(one.targets[0]))
        ):
            made = ast.unparse(one.targets[0])
        elif not (_is_text(one) or HARMLESS.fullmatch(ast.unparse(one))):
            return False
    forward = next(one for one in functions if one.name == "forward")
    return bool(made) and any(ast.unparse(inner) == made for inner in ast.walk(forward) if _is_attribute(inner))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_attribute(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute)


@functools.cache
def _forward_of_ours() -> str:
    """What the forward of the networks that we write says: bring pictures near 0, then the layers."""
    from lepton_studio.engine.layers.flatten import Flatten

    network: Any = ast.parse(network_source(Architecture("Any", (Flatten(),)), USUAL_SHAPE, None).text).body[0]
    return _plain(next(one for one in network.body if getattr(one, "name", "") == "forward"))
