"""The call that makes a torch module, found from the module itself and proved by making another one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from lepton_studio.engine.code_layout import Call, Item, word
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.network import Stack

Write = Callable[[nn.Module], Call]

SIMPLE = (bool, int, float, str, tuple, type(None))
# Where and in which numbers weights are kept is nothing that code should say.
NOT_SAID = frozenset({"self", "device", "dtype", "inplace", "args", "kwargs"})
# Arguments whose number alone would tell nobody what it is.
NAMED = frozenset({"kernel_size", "p", "dim", "start_dim", "dropout"})
# torch hides these arguments behind **kwargs.
HIDDEN = {"RNN": ("nonlinearity",)}

_ERRORS = (TypeError, ValueError, RuntimeError, AttributeError, AssertionError, IndexError, KeyError)


def is_of_torch(module: nn.Module) -> bool:
    """Whether torch itself has the class, under ``nn``."""
    kind = type(module)
    return kind.__module__.startswith("torch.nn.") and getattr(nn, kind.__name__, None) is kind


def call_of(module: nn.Module, write: Write) -> Call:
    """The shortest call that makes the same module but for its weights.

    Args:
        module: what to make; of torch or of ours.
        write: writes the modules that it was given.

    Raises:
        LeptonError: it keeps something that its call does not say.
    """
    kind = type(module)
    for short in (True, False):
        arguments = _arguments(module, short)
        if arguments is None:
            continue
        positional, keywords = arguments
        try:
            with torch.device("meta"):
                again = kind(*positional.values(), **keywords)
        except _ERRORS:
            continue
        if is_same(again, module):
            return _written(kind, positional, keywords, write)
    raise LeptonError(f"The layer {kind.__name__} cannot be written as code.", "Leave it out, or write it by hand.")


def is_same(one: nn.Module, other: nn.Module) -> bool:
    """Whether two modules do the same with the same weights: class, settings, sizes of weights, and parts.

    Whether a module writes over its input is no matter of what it does.
    """
    if _kind(one) is not _kind(other) or _settings(one) != _settings(other) or _sizes(one) != _sizes(other):
        return False
    parts, others = dict(one.named_children()), dict(other.named_children())
    return parts.keys() == others.keys() and all(
        part is others[name] or is_same(part, others[name]) for name, part in parts.items()
    )


def _kind(module: nn.Module) -> type:
    """The class; our stacks are torch's with a remark."""
    return nn.Sequential if type(module) is Stack else type(module)


def _settings(module: nn.Module) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, SIMPLE) and name not in ("training", "first_child", "inplace")
    }


def _sizes(module: nn.Module) -> dict[str, Any]:
    own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
    return {name: (tuple(value.shape), value.dtype) for name, value in own}


def _parameters(kind: type) -> dict[str, inspect.Parameter]:
    """What the constructor takes; torch's recurrent layers say it in their base."""
    for owner in kind.__mro__:
        init = owner.__dict__.get("__init__")
        if init is None:
            continue
        # Only the base behind a bare (*args, **kwargs) says more.
        found = dict(inspect.signature(init).parameters)
        if not set(found) <= {"self", "args", "kwargs"} or owner is nn.Module:
            if owner is nn.RNNBase:
                # The class itself says which cells these are.
                found.pop("mode")
            for name in HIDDEN.get(kind.__name__, ()):
                found[name] = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=inspect.Parameter.empty)
            return {name: one for name, one in found.items() if name not in NOT_SAID}
    return {}


def _arguments(module: nn.Module, short: bool) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Arguments by place and by name, read from attributes of the same names; None if one is not to be found."""
    positional: dict[str, Any] = {}
    keywords: dict[str, Any] = {}
    for name, parameter in _parameters(type(module)).items():
        is_needed = parameter.default is parameter.empty
        if not hasattr(module, name):
            if is_needed and parameter.kind is not parameter.KEYWORD_ONLY:
                return None
            continue
        value = getattr(module, name)
        if name == "bias":
            # A layer keeps the numbers themselves, or None.
            value = value is not None and value is not False
        if not isinstance(value, (*SIMPLE, nn.Module)):
            return None
        if short and isinstance(value, tuple) and value and len(set(value)) == 1 and isinstance(value[0], int):
            value = value[0]
        is_default = not is_needed and (value == parameter.default or _is_spread(value, parameter.default))
        if is_default and not isinstance(value, nn.Module):
            continue
        # Positions end where the first name is said.
        if is_needed and not keywords and name not in NAMED and parameter.kind is not parameter.KEYWORD_ONLY:
            positional[name] = value
        else:
            keywords[name] = value
    return positional, keywords


def _is_spread(value: Any, default: Any) -> bool:
    """Whether a tuple says the same number for each side."""
    return isinstance(value, tuple) and not isinstance(default, tuple) and set(value) == {default}


def _written(kind: type, positional: dict[str, Any], keywords: dict[str, Any], write: Write) -> Call:
    is_ours = not kind.__module__.startswith("torch.nn.")
    items = []
    # One part needs no name; of several, or numbers of ours, nobody would know which is which.
    names_all = is_ours and len(positional) + len(keywords) > 1
    for name, value in {**positional, **keywords}.items():
        is_named = name in keywords or names_all
        code = write(value) if isinstance(value, nn.Module) else word(_literal(value))
        items.append(Item(code, f"{name}=" if is_named else ""))
    return Call(kind.__name__ if is_ours else f"nn.{kind.__name__}", tuple(items))


def _literal(value: Any) -> str:
    """A constant as formatters write it: texts in double quotes."""
    if isinstance(value, str):
        inner = repr(value)[1:-1]
        return f'"{inner}"' if '"' not in inner and "'" not in inner else repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    return repr(value)
