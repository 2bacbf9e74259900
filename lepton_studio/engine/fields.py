"""What the fields of a spec say of themselves: the form, the command line and the docs read it here.

This file knows neither torch nor Qt, so that widgets may use it.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec


@dataclass(frozen=True)
class Field:
    """One field of a spec.

    Attributes:
        name: its name in code and in files.
        label: its name on screen, in the field's standard terms.
        kind: "integer", "number", "switch", "text", "choice" (of words), "spec" (one of several), "specs" (any of
            several) or "other".
        default: what it is when nobody sets it.
        minimum, maximum: the range, ends included; None where open.
        unit: what a number counts ("pixels", "images"), empty if nothing.
        zero: what to call the number 0 where it means something else ("all"), empty if it does not.
        help: one sentence for learners.
        logarithmic: whether steps should multiply rather than add (learning rates).
        choices: the words, or the spec classes, to choose from.
        hidden: whether forms leave it out, because it is edited elsewhere.
    """

    name: str
    label: str
    kind: str
    default: Any
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    help: str = ""
    logarithmic: bool = False
    choices: tuple[Any, ...] = ()
    hidden: bool = False
    zero: str = ""


def about(
    text: str,
    *,
    label: str = "",
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    hidden: bool = False,
    zero: str = "",
) -> msgspec.Meta:
    """Says of a field what people must know: its help, label, unit, range (ends included), and what 0 is called."""
    extra = {"label": label, "unit": unit, "logarithmic": log, "hidden": hidden, "zero": zero}
    return msgspec.Meta(description=text, ge=low, le=high, extra=extra)


@functools.cache
def fields_of(spec_class: type[msgspec.Struct]) -> tuple[Field, ...]:
    """All fields of a spec class, in the order of their declaration."""
    hints = get_type_hints(spec_class, include_extras=True)
    return tuple(_field(info, hints[info.name]) for info in msgspec.structs.fields(spec_class))


def replaced(value: Any, name: str, new: Any) -> Any:
    """A copy of a frozen value with one field changed, checked like a value read from a file.

    Raises:
        msgspec.ValidationError: the new value is out of range; the message names the path.
    """
    changed = msgspec.structs.replace(value, **{name: new})
    return msgspec.convert(msgspec.to_builtins(changed), type(value))


def _field(info: msgspec.structs.FieldInfo, hint: Any) -> Field:
    meta = msgspec.Meta()
    while get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        meta = next((extra for extra in extras if isinstance(extra, msgspec.Meta)), meta)
    extra = meta.extra or {}
    kind, choices = _kind(hint)
    return Field(
        name=info.name,
        label=extra.get("label") or info.name.replace("_", " ").capitalize(),
        kind=kind,
        default=_default(info),
        minimum=_number(meta.ge),
        maximum=_number(meta.le),
        unit=extra.get("unit", ""),
        help=meta.description or "",
        logarithmic=bool(extra.get("logarithmic", False)),
        choices=choices,
        hidden=bool(extra.get("hidden", False)),
        zero=extra.get("zero", ""),
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _default(info: msgspec.structs.FieldInfo) -> Any:
    if info.default is not msgspec.NODEFAULT:
        return info.default
    if isinstance(info.default_factory, Callable):  # type: ignore[arg-type]
        return info.default_factory()
    return None


def _kind(hint: Any) -> tuple[str, tuple[Any, ...]]:
    plain = {bool: "switch", int: "integer", float: "number", str: "text"}
    if hint in plain:
        return plain[hint], ()
    if get_origin(hint) is Literal:
        return "choice", get_args(hint)
    many = get_origin(hint) is tuple
    if many:
        hint = get_args(hint)[0]
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if members and all(isinstance(member, type) and issubclass(member, msgspec.Struct) for member in members):
        return ("specs" if many else "spec"), members
    return "other", ()
