"""Source text of our classes, with all that it refers to, for code that runs without Lepton Studio.

Names are looked up where they are written: in the syntax trees of the files, not in what is in memory. So a class
that a person wrote in a file of their own is copied like ours, and a name that would be missing is noticed.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import re
import sys
import textwrap
from dataclasses import dataclass

from lepton_studio.engine.errors import LeptonError

# What exported code may import: torch and what belongs to it, and Python's own words for types and numbers.
FREE_ROOTS = ("torch", "torchvision", "math", "collections", "typing", "__future__")
# Our remarks for tools, which mean nothing elsewhere.
REMARKS = re.compile(r"  # (type: ignore|noqa|fmt:|ty:)[^\n]*")


class NotCopiedError(LeptonError):
    """Source that would not run elsewhere."""


@dataclass(frozen=True)
class Import:
    """``from module import name as alias``; without a name ``import module as alias``."""

    module: str
    name: str
    alias: str

    @property
    def root(self) -> str:
        """The package that must be there."""
        return self.module.split(".")[0]

    @property
    def bound(self) -> str:
        """The name that it gives."""
        return self.alias or self.name or self.root


@dataclass(frozen=True)
class SourceFile:
    """What a file binds at its top level.

    Attributes:
        name: of the module.
        lines: its text.
        nodes: definitions and constants by name.
        imports: imports by the name that they bind, those for type checkers too.
    """

    name: str
    lines: tuple[str, ...]
    nodes: dict[str, ast.stmt]
    imports: dict[str, Import]

    def text(self, node: ast.stmt) -> str:
        """The text of a node, with its decorators and the comment that stands right above it."""
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)]) - 1
        while first and self.lines[first - 1].startswith("#"):
            first -= 1
        return REMARKS.sub("", "\n".join(self.lines[first : node.end_lineno]))


@functools.lru_cache(maxsize=256)
def source_file(module: str) -> SourceFile:
    """Reads the file of a module that is imported already.

    Raises:
        NotCopiedError: it has no file.
    """
    try:
        text = inspect.getsource(sys.modules[module])
    except (OSError, TypeError, KeyError) as error:
        raise NotCopiedError(f"The source of {module} is not there.", "Write it by hand.") from error
    nodes: dict[str, ast.stmt] = {}
    imports: dict[str, Import] = {}
    for node in _top_level(ast.parse(text).body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known = alias.asname or alias.name.split(".")[0]
                imports[known] = _import(alias)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                imports[alias.asname or alias.name] = _import(alias, node.module)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            nodes[node.name] = node
        elif isinstance(node, ast.Assign):
            names = [name for target in node.targets for name in ast.walk(target)]
            nodes |= {name.id: node for name in names if isinstance(name, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            nodes[node.target.id] = node
    return SourceFile(module, tuple(text.split("\n")), nodes, imports)


def _top_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a file; of ``if TYPE_CHECKING`` those that name the real things."""
    found: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            found += _top_level(node.body)
        else:
            found.append(node)
    return found


def names_needed(node: ast.AST) -> list[str]:
    """The names that a piece of source takes from around it, in the order of their first use."""
    bound: set[str] = set()
    used: dict[str, None] = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            if isinstance(inner.ctx, ast.Load):
                used.setdefault(inner.id)
            else:
                bound.add(inner.id)
        elif isinstance(inner, ast.arg):
            bound.add(inner.arg)
        elif isinstance(inner, ast.FunctionDef | ast.ClassDef):
            bound.add(inner.name)
        elif isinstance(inner, ast.alias):
            bound.add(inner.asname or inner.name.split(".")[0])
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            bound.add(inner.name)
    return [name for name in used if name not in bound and not hasattr(builtins, name)]


class SourceCopier:
    """Collects pieces of source, each after those that it refers to.

    Attributes:
        pieces: the text of each by its name.
        imports: what they need.
    """

    def __init__(
        self, taken: frozenset[str] = frozenset(), roots: tuple[str, ...] = (), given: dict[str, str] | None = None
    ) -> None:
        """Starts empty.

        Args:
            taken: names that mean other things where the pieces go.
            roots: packages that may be imported beside torch and math.
            given: names that are there already in a form of their own: name -> the module whose name that is.
        """
        self.pieces: dict[str, str] = {}
        self.imports: set[Import] = set()
        self._taken = taken
        self._roots = (*FREE_ROOTS, *roots)
        self._from: dict[str, str] = dict(given or {})

    def copy_class(self, kind: type) -> None:
        """Takes a class with all that it refers to, or nothing at all.

        Raises:
            NotCopiedError: it needs more than torch and math, or its source is not there.
        """
        if "." in kind.__qualname__:
            raise NotCopiedError(f"{kind.__name__} is defined inside a function.", "Define it at the top of its file.")
        pieces, imports, places = dict(self.pieces), set(self.imports), dict(self._from)
        try:
            self.copy_name(kind.__name__, source_file(kind.__module__))
        except NotCopiedError:
            self.pieces, self.imports, self._from = pieces, imports, places
            raise

    def copy_name(self, name: str, file: SourceFile) -> None:
        """Takes what a file calls ``name``: a definition or constant of its own, or what it imports."""
        if name in file.nodes:
            self._copy_node(name, file)
        elif name in file.imports:
            self._copy_import(name, file.imports[name])
        else:
            raise NotCopiedError(f"Nobody knows what {name} is in {file.name}.", "Define it in the same file.")

    def need(self, node: ast.AST, file: SourceFile, without: frozenset[str] = frozenset()) -> None:
        """Takes everything that a piece of a file refers to."""
        for inner in ast.walk(node):
            for one in imports_of(inner):
                if one.root in self._roots:
                    continue
                if not (one.name and not one.alias and one.module.startswith("lepton_studio.")):
                    raise NotCopiedError(f"{file.name} imports {one.module}.", "Use only torch and math.")
                # What needs torch is imported inside functions; it comes along like what is imported above them.
                importlib.import_module(one.module)
                self.copy_name(one.name, source_file(one.module))
        for name in names_needed(node):
            if name not in without:
                self.copy_name(name, file)

    def add_imports(self, imports: set[Import]) -> None:
        """Takes imports; a name can only mean one of them."""
        known = {one.bound: one for one in self.imports}
        for one in imports:
            if known.setdefault(one.bound, one) != one or one.bound in self._from:
                raise NotCopiedError(f"{one.bound} means two things in what is copied.", "Rename one of them.")
        self.imports |= imports

    def _copy_import(self, name: str, one: Import) -> None:
        if one.root in self._roots:
            self.add_imports({one})
            return
        if one.module not in sys.modules or not one.name:
            raise NotCopiedError(f"{name} comes from {one.module}.", "Use only torch and math.")
        if name != one.name:
            raise NotCopiedError(f"{one.name} is called {name} there.", "Use the name that it has.")
        if not _is_own(one.module):
            raise NotCopiedError(f"{name} comes from {one.module}.", "Use only torch and math.")
        self.copy_name(name, source_file(one.module))

    def _copy_node(self, name: str, file: SourceFile) -> None:
        if name in self._from:
            if self._from[name] != file.name:
                raise NotCopiedError(
                    f"{name} means two things: in {self._from[name]} and in {file.name}.", "Rename it."
                )
            return
        if name in self._taken:
            raise NotCopiedError(f"The name {name} is taken in the exported code.", "Rename it.")
        self._from[name] = file.name
        node = file.nodes[name]
        self.need(node, file, frozenset({name}))
        text, imports = without_inner_imports(file.text(node))
        self.add_imports(imports)
        self.pieces[name] = text


def _is_own(module: str) -> bool:
    """Whether a file is part of the program or of a person's own, rather than of an installed package."""
    path = (getattr(sys.modules[module], "__file__", None) or "").replace("\\", "/")
    return module.startswith("lepton_studio.") or not ("/site-packages/" in path or "/lib/python" in path)


def imports_of(node: ast.AST) -> list[Import]:
    """The names that a statement imports."""
    if isinstance(node, ast.Import):
        return [_import(alias) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [_import(alias, node.module) for alias in node.names]
    return []


def _import(alias: ast.alias, module: str | None = None) -> Import:
    """One name of an import statement, always in the same form."""
    if module is None:
        return Import(alias.name, "", alias.asname or "")
    return Import(module, alias.name, alias.asname if alias.asname and alias.asname != alias.name else "")


def import_lines(imports: set[Import]) -> str:
    """Import statements as formatters sort them: Python's own, then the others."""
    groups: list[list[str]] = []
    future = [one for one in imports if one.root == "__future__"]
    python = [one for one in imports if one.root in sys.stdlib_module_names and one not in future]
    rest = [one for one in imports if one not in future and one not in python]
    for group in (future, python, rest):
        plain = {f"import {one.module}{_alias(one)}" for one in group if not one.name}
        named: dict[str, set[str]] = {}
        for one in group:
            if one.name:
                named.setdefault(one.module, set()).add(f"{one.name}{_alias(one)}")
        lines = sorted(plain)
        # As isort has it: constants, classes, then functions and modules.
        lines += [
            f"from {module} import {', '.join(sorted(names, key=_rank))}"
            for module, names in sorted(named.items(), key=lambda one: one[0].lower())
        ]
        if lines:
            groups.append(lines)
    return "\n\n".join("\n".join(lines) for lines in groups)


def _alias(one: Import) -> str:
    return f" as {one.alias}" if one.alias else ""


def _rank(name: str) -> tuple[int, str]:
    if name.isupper():
        return 0, name
    return (1 if name[:1].isupper() else 2), name


# Exported files import these at their top, so the same lines inside a function are left away.
_AT_TOP = re.compile(r"^ +(import torch|import math|from torch import [\w, ]+|from torch\.nn import functional)$")
# What is imported from our own files is copied, so that these lines are left away, too.
_OWN = re.compile(r"^ +from lepton_studio[\w.]* import [\w, ]+$")


def without_inner_imports(text: str) -> tuple[str, set[Import]]:
    """Source without the imports inside its functions that belong to the top of a file, and those imports."""
    kept: list[str] = []
    found: set[Import] = set()
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if _AT_TOP.match(line):
            found |= {one for node in ast.walk(ast.parse(textwrap.dedent(line))) for one in imports_of(node)}
        # The empty line behind imports goes with them.
        elif not _OWN.match(line) and not (not line and place and _is_left_away(lines[place - 1])):
            kept.append(line)
    return "\n".join(kept), found


def _is_left_away(line: str) -> bool:
    return bool(_AT_TOP.match(line) or _OWN.match(line))
