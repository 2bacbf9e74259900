"""A loss, optimizer, schedule or augmentation as a plain class that needs nothing of Lepton Studio.

Its methods are copied as they stand; its settings become attributes with their explanation behind them.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from typing import Any

from lepton_studio.engine.code_layout import WIDEST, WIDEST_COMMENT
from lepton_studio.engine.fields import Field, fields_of
from lepton_studio.engine.registry import Spec
from lepton_studio.engine.source_copy import (
    NotCopiedError,
    SourceCopier,
    SourceFile,
    source_file,
    without_inner_imports,
)

Method = tuple[ast.FunctionDef, SourceFile]


def copy_spec(copier: SourceCopier, spec: Spec, *entries: str) -> str:
    """Adds the class of a spec to what is copied, and returns the call that makes it.

    Args:
        copier: collects what the class refers to, and the class itself.
        spec: with its settings.
        entries: the methods that are used; those that they call come along.

    Raises:
        NotCopiedError: it needs more than torch and math; nothing is added then.
    """
    before = dict(copier.pieces), set(copier.imports)
    try:
        return _copy(copier, spec, entries)
    except NotCopiedError:
        copier.pieces, copier.imports = before
        raise


def _copy(copier: SourceCopier, spec: Spec, entries: tuple[str, ...]) -> str:
    kind = type(spec)
    methods, attributes = _reached(kind, entries)
    texts = []
    for node, file in methods:
        copier.need(node, file, frozenset(attributes))
        text, imports = without_inner_imports(file.text(node))
        copier.add_imports(imports)
        texts.append(text)
    settings = [_setting(field, getattr(spec, field.name)) for field in fields_of(kind) if field.name in attributes]
    settings += [
        f"    {name} = {_literal(getattr(kind, name))}"
        for name in sorted(attributes - {field.name for field in fields_of(kind)})
    ]
    name, number = kind.__name__, 1
    while name in copier.pieces or name in {one.bound for one in copier.imports}:
        number += 1
        name = f"{kind.__name__}{number}"
    parts = [_docstring(kind), *(["\n".join(settings)] if settings else []), *texts]
    copier.pieces[name] = f"class {name}:\n" + "\n\n".join(parts)
    return f"{name}()"


def _reached(kind: type, entries: tuple[str, ...]) -> tuple[list[Method], set[str]]:
    """The methods that are used, in the order of the file, and the names of the attributes that they ask for."""
    found: dict[str, Method] = {}
    attributes: set[str] = set()
    wanted = list(entries)
    while wanted:
        name = wanted.pop()
        if name in found or name in attributes:
            continue
        method = _method(kind, name)
        if method is None:
            attributes.add(name)
            continue
        found[name] = method
        wanted += [
            node.attr
            for node in ast.walk(method[0])
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        ]
    return sorted(found.values(), key=lambda one: one[0].lineno), attributes


def _method(kind: type, name: str) -> Method | None:
    for owner in kind.__mro__:
        if name not in owner.__dict__ or owner.__module__ not in sys.modules or owner is Spec:
            continue
        file = source_file(owner.__module__)
        node = file.nodes.get(owner.__name__)
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, ast.FunctionDef) and inner.name == name:
                return inner, file
    return None


def _setting(field: Field, value: Any) -> str:
    line = f"    {field.name} = {_literal(value)}"
    remark = f"  # {field.help}" + (f" In {field.unit}." if field.unit else "")
    if len(line + remark) <= WIDEST:
        return f"{line}{remark}"
    # Above it, if it is long.
    return "\n".join([*(f"    # {part}" for part in textwrap.wrap(remark.strip(" #"), WIDEST_COMMENT)), line])


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if value.isprintable() and not set(value) & set("\"'\\") else repr(value)
    if isinstance(value, (bool, int, float)) or value is None:
        return repr(value)
    raise NotCopiedError(f"A setting of {type(value).__name__} cannot be written as code.", "Write it by hand.")


def _docstring(kind: type) -> str:
    file = source_file(kind.__module__)
    node = file.nodes.get(kind.__name__)
    if isinstance(node, ast.ClassDef) and ast.get_docstring(node) is not None:
        return file.text(node.body[0])
    return f'    """{kind.__name__}."""'
