"""The walls between the rooms (house.md, section 3), and the sizes and docstrings of section 7."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import lepton_studio
import lepton_studio.engine

PACKAGE = Path(lepton_studio.__file__).parent
# The wheel carries these inside the package; they are no part of the program.
CARRIED = ("resources", "benchmarks")
FILES = tuple(sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in CARRIED))
ENGINE, GUI = PACKAGE / "engine", PACKAGE / "gui"
# What is drawn and what the network sees of it must be one line, so that the canvas shares its arithmetic.
PURE = ("lepton_studio.engine.fields", "lepton_studio.engine.inking")
PAGES, WIDGETS = GUI / "pages", GUI / "widgets"
QT = ("PySide6", "shiboken6", "pyqtgraph")
SLOW = ("torchvision", "onnx", "onnxscript", "captum", "matplotlib", "scipy", "sklearn", "optuna", "sqlalchemy")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "controller", "misc"}
# Methods of Qt and torch that people override and whose names are single lower-case words.
OVERRIDES_OF_LIBRARIES = {
    "forward", "run", "event", "paint", "shape", "data", "flags", "undo", "redo", "id", "index", "parent",
    "sort", "validate", "fixup",
}  # fmt: skip

LINES_OF_A_FILE, LINES_OF_A_CLASS, LINES_OF_A_FUNCTION = 400, 250, 50

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """One imported name: ``lepton_studio.engine.layer.Layer``, and how it was written."""

    name: str
    module: str
    line: int
    level: int
    in_function: bool


@dataclass(frozen=True)
class Class:
    """What a class statement says of its bases and methods."""

    bases: tuple[str, ...]
    documented: frozenset[str]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def imports(path: Path) -> tuple[Import, ...]:
    def walk(node: ast.AST, in_function: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, alias.name, node.lineno, 0, in_function)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module = node.module or ""
                yield Import(f"{module}.{alias.name}", module, node.lineno, node.level, in_function)
        for child in ast.iter_child_nodes(node):
            # What is imported for its types alone costs nothing.
            is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            yield from walk(child, in_function or isinstance(node, Function) or is_for_types)

    return tuple(walk(tree(path), False))


def under(name: str, *roots: str) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def files_in(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in FILES if path.is_relative_to(folder))


def place(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(PACKAGE.parent)}:{line}" if line else str(path.relative_to(PACKAGE.parent))


def forbidden(paths: tuple[Path, ...], *roots: str) -> list[str]:
    return [
        f"{place(path, one.line)} imports {one.name}"
        for path in paths
        for one in imports(path)
        if under(one.name, *roots)
    ]


def lines_of_body(function: Function) -> int:
    body = function.body
    is_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if is_docstring and len(body) > 1 else body[0]
    return (function.end_lineno or 0) - first.lineno + 1


def test_the_engine_knows_no_qt_and_nothing_above_it() -> None:
    assert forbidden(files_in(ENGINE), *QT, "lepton_studio.gui", "lepton_studio.cli") == []


def test_the_window_knows_no_torch() -> None:
    assert forbidden(files_in(GUI), "torch", "torchvision") == []


def test_widgets_know_nothing_of_ours_but_the_theme_the_fields_and_the_line_of_a_pen() -> None:
    allowed = ("lepton_studio.gui.theme", "lepton_studio.gui.widgets", *PURE)
    assert [
        f"{place(path, one.line)} imports {one.name}"
        for path in files_in(WIDGETS)
        for one in imports(path)
        if under(one.name, "lepton_studio") and not under(one.name, *allowed)
    ] == []


def test_a_page_never_imports_a_page() -> None:
    assert forbidden(files_in(PAGES), "lepton_studio.gui.pages") == []


def test_the_window_takes_names_from_the_engine_and_not_from_modules_inside_it() -> None:
    named = {GUI / f"{name}.py" for name in ("session", "runner", "main_window", "app", "actions")}
    paths = tuple(path for path in FILES if path in named or path.is_relative_to(PAGES))
    assert [
        f"{place(path, one.line)} imports {one.name}"
        for path in paths
        for one in imports(path)
        if under(one.name, "lepton_studio.engine")
        and not under(one.name, *PURE)
        and not (one.module == "lepton_studio.engine" and one.name.split(".")[-1] in lepton_studio.engine.__all__)
    ] == []


def test_every_name_that_the_engine_offers_is_there() -> None:
    missing = [name for name in lepton_studio.engine.__all__ if not hasattr(lepton_studio.engine, name)]
    assert missing == []
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = lepton_studio.engine.nothing


def test_the_line_of_a_pen_is_made_of_numbers_alone() -> None:
    assert forbidden((ENGINE / "inking.py",), *QT, "torch", "lepton_studio") == []


def test_fields_know_neither_torch_nor_numpy_nor_qt() -> None:
    assert forbidden((ENGINE / "fields.py",), *QT, "torch", "numpy", "lepton_studio") == []


def test_imports_are_absolute_and_say_what_they_take() -> None:
    assert [
        place(path, one.line) for path in FILES for one in imports(path) if one.level or one.name.endswith(".*")
    ] == []


def test_slow_packages_are_imported_inside_the_function_that_needs_them() -> None:
    assert [
        f"{place(path, one.line)} imports {one.name}"
        for path in FILES
        for one in imports(path)
        if under(one.name, *SLOW) and not one.in_function
    ] == []


def test_no_two_files_have_the_same_name() -> None:
    counts = Counter(path.name for path in FILES if path.name != "__init__.py")
    assert [place(path) for path in FILES if counts[path.name] > 1] == []


def test_no_file_lies_deeper_than_three() -> None:
    assert [place(path) for path in FILES if len(path.relative_to(PACKAGE).parts) > 3] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [
        place(path)
        for path in FILES
        if VAGUE_NAMES & set(path.relative_to(PACKAGE).with_suffix("").parts)
        or path.stem.endswith(("_utils", "_helpers", "_manager", "_controller", "_base"))
    ] == []


def sizes(path: Path) -> Iterator[tuple[str, int, int]]:
    """What has a size in a file, how many lines that is, and how many it may have."""
    yield place(path), len(path.read_text(encoding="utf-8").splitlines()), LINES_OF_A_FILE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            yield f"{place(path, node.lineno)} {node.name}", size, LINES_OF_A_CLASS
        elif isinstance(node, Function):
            yield f"{place(path, node.lineno)} {node.name}", lines_of_body(node), LINES_OF_A_FUNCTION


# One test for all files each: two thousand would take longer to collect than to run, and the list names the file.
def test_files_classes_and_functions_keep_their_size() -> None:
    assert [f"{what} has {size} lines" for path in FILES for what, size, most in sizes(path) if size > most] == []


@cache
def classes() -> dict[str, Class]:
    found = {}
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                bases = tuple(ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases)
                documented = {item.name for item in node.body if isinstance(item, Function) and ast.get_docstring(item)}
                found[node.name] = Class(bases, frozenset(documented))
    return found


def overrides_a_documented_method(class_name: str, method: str) -> bool:
    """Whether a base says what the method is for: one of ours, or one of Qt's or torch's by its name."""
    known = classes()
    if class_name not in known:
        is_qt_name = method != method.lower() and "_" not in method
        return is_qt_name or method in OVERRIDES_OF_LIBRARIES
    return any(
        (base in known and method in known[base].documented) or overrides_a_documented_method(base, method)
        for base in known[class_name].bases
    )


def silent(path: Path) -> list[str]:
    """What is public in a file and does not say what it is for."""
    found = [] if ast.get_docstring(tree(path)) else [place(path)]

    def walk(node: ast.Module | ast.ClassDef, owner: str) -> None:
        for item in node.body:
            if not isinstance(item, ast.ClassDef | Function) or item.name.startswith("_"):
                continue
            is_said = ast.get_docstring(item) or (owner and overrides_a_documented_method(owner, item.name))
            if not is_said:
                found.append(f"{place(path, item.lineno)} {item.name}")
            if isinstance(item, ast.ClassDef):
                walk(item, item.name)

    walk(tree(path), "")
    return found


def test_modules_classes_and_public_functions_say_what_they_are_for() -> None:
    assert [each for path in FILES for each in silent(path)] == []


TRAINS_WITHOUT_QT = """
import importlib, importlib.abc, pkgutil, sys

class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"PySide6", "shiboken6", "pyqtgraph"}:
            raise ImportError(f"{name} is behind the wall")

sys.meta_path.insert(0, Wall())
import lepton_studio.engine
for module in pkgutil.walk_packages(lepton_studio.engine.__path__, "lepton_studio.engine."):
    importlib.import_module(module.name)

import numpy as np
from lepton_studio.engine import Run, Samples, read_experiment, start_training
from pathlib import Path
arrays = np.load(sys.argv[2])
samples = Samples(arrays["images"], arrays["labels"], tuple("abcd"), arrays["is_test"])
run = Run.create(read_experiment(Path(sys.argv[1])))
list(start_training(run, samples))
print(run.record.state, run.record.epochs_done)
"""


def test_the_engine_trains_where_there_is_no_qt(tiny_experiment, tiny_samples, tmp_path, run_python) -> None:
    experiment, data = tmp_path / "tiny.json", tmp_path / "tiny.npz"
    lepton_studio.engine.save_experiment(experiment, tiny_experiment)
    import numpy as np

    np.savez(data, images=tiny_samples.images, labels=tiny_samples.labels, is_test=tiny_samples.is_test)
    assert run_python(TRAINS_WITHOUT_QT, experiment, data).stdout.split() == ["finished", "2"]


SPECS_WITHOUT_TORCH = """
import sys
import lepton_studio.engine
from lepton_studio.engine.experiment import REGISTRIES, default_experiment
from lepton_studio.engine.fields import fields_of

for registry in REGISTRIES.values():
    for spec_class in registry.classes.values():
        fields_of(spec_class)
experiment = lepton_studio.engine.default_experiment()
lepton_studio.engine.with_setting(experiment, "seed", "4")
print([name for name in ("torch", "torchvision", "PySide6") if name in sys.modules])
"""


def test_specs_need_no_torch(run_python) -> None:
    assert run_python(SPECS_WITHOUT_TORCH).stdout.strip() == "[]"
