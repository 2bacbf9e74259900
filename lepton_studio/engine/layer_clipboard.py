"""Layers as text that can be copied, also into another window of the program, a mail or a file."""

from __future__ import annotations

from typing import Any

import msgspec

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import FORMAT as EXPERIMENT_FORMAT
from lepton_studio.engine.files import field_error
from lepton_studio.engine.layer import LAYERS, Layer, Layers

MIME_TYPE = "application/x-lepton-studio-layers"
FORMAT = "lepton-studio layers"

# What comes from elsewhere may be anything: more than this is no network that somebody drew.
MOST_CHARACTERS, MOST_LAYERS, DEEPEST = 4_000_000, 2_000, 24

_WHERE = "What was copied"
_REMEDY = "Copy layers from Lepton Studio, or the text of an architecture or experiment file."


class _Copied(msgspec.Struct, frozen=True):
    """The layers, without what they were copied with."""

    layers: Layers


def layers_to_text(layers: tuple[Layer, ...]) -> str:
    """Layers with all that they hold, as indented JSON."""
    value = {"format": FORMAT, "layers": layers}
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def layers_from_text(text: str) -> tuple[Layer, ...]:
    """The layers in a text: copied ones, an architecture, an experiment, a bare list of layers or a single one.

    Raises:
        LeptonError: it is none of these; the message names the field.
    """
    if len(text) > MOST_CHARACTERS:
        raise LeptonError(f"{_WHERE} is too long to be layers.", _REMEDY)
    try:
        value = msgspec.json.decode(text.encode())
        found = _layers_in(value)
        _refuse_too_many(found)
        return msgspec.convert({"layers": found}, _Copied).layers
    except msgspec.ValidationError as error:
        raise LeptonError(f"{_WHERE}: {field_error(error)}.", _known_names(str(error))) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise LeptonError(f"{_WHERE} is no JSON text.", _REMEDY) from error


def _layers_in(value: Any) -> list[Any]:
    """Finds the list of layers in what JSON gives."""
    if isinstance(value, dict) and value.get("format") == EXPERIMENT_FORMAT:
        value = value.get("architecture")
    if isinstance(value, dict):
        value = [value] if "type" in value else value.get("layers")
    if not isinstance(value, list):
        raise LeptonError("There are no layers in what was copied.", _REMEDY)
    if not value:
        raise LeptonError("There is not a single layer in what was copied.", _REMEDY)
    return value


def _refuse_too_many(found: list[Any]) -> None:
    """Lists within lists are walked level by level, so that nothing here is deeper than Python's own stack.

    Raises:
        LeptonError: there are more layers, or deeper ones, than anybody draws.
    """
    level, count = found, 0
    for _depth in range(DEEPEST):
        count += len(level)
        if count > MOST_LAYERS:
            raise LeptonError(f"There are more than {MOST_LAYERS} layers in what was copied.", "Copy fewer of them.")
        level = [
            inner
            for each in level
            if isinstance(each, dict)
            for field in each.values()
            if isinstance(field, list)
            for inner in field
        ]
        if not level:
            return
    raise LeptonError(f"Layers lie more than {DEEPEST} deep in each other in what was copied.", "Take some out.")


def _known_names(message: str) -> str:
    """For a layer that the registry does not know, those that it does."""
    if "Invalid value '" in message and ".type`" in message:
        return f"Known are: {', '.join(LAYERS.names())}."
    return "Correct that field."
