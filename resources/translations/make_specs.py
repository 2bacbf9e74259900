"""Writes the words of all specs as a source file, so that lupdate finds them.

    python resources/translations/make_specs.py specs.py

Titles, summaries, labels, helps, units and names of 0 stand in the classes of the engine, which knows nothing of Qt,
and the words of recipes, presets and hints in their files; on screen they go through
``QCoreApplication.translate("specs", ...)``. The file that this makes is for lupdate alone.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lepton_studio
from lepton_studio.engine import Experiment, Hyperparameters, preset_cards, presets, recipes
from lepton_studio.engine.experiment import REGISTRIES
from lepton_studio.engine.fields import fields_of
from lepton_studio.gui.preferences import Preferences


def texts() -> list[str]:
    """All of them, each once, in the order of the alphabet."""
    found = {text for text in _all_texts() if any(letter.isalpha() for letter in text)}
    return sorted(found - {architecture.name for architecture in presets().values()})


def _all_texts() -> Iterator[str]:
    for registry in REGISTRIES.values():
        for kind in registry.classes.values():
            yield kind.title
            yield kind.summary()
            for name in ("group", "ink_caution", "photo_caution"):
                yield getattr(kind, name, "")
            yield from _field_texts(kind)
    for recipe in recipes().values():
        yield recipe.name
        yield recipe.description
    for card in preset_cards().values():
        yield card.summary
    yield from _sentences()
    for kind in (Experiment, Hyperparameters, Preferences):
        yield from _field_texts(kind)


def _sentences() -> Iterator[str]:
    """What rules say of a run, with ``{}`` for numbers."""
    engine = Path(lepton_studio.__file__).parent / "engine"
    for path in (*sorted((engine / "hints").glob("*.py")), engine / "remedies.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Sentence":
                text = node.args[0]
                if isinstance(text, ast.Constant):
                    yield str(text.value)


def _field_texts(kind: type[Any]) -> Iterator[str]:
    for field in fields_of(kind):
        if field.name in ("format", "version"):
            continue
        yield field.label
        # The stack writes settings in running text: "kernel size 3".
        yield field.help
        yield field.unit
        yield field.zero
        if field.kind == "choice":
            yield from (word.replace("_", " ") for word in field.choices)


def main() -> None:
    """Writes the file that is named on the command line."""
    lines = [
        '"""Made by make_specs.py for lupdate; do not edit."""',
        "",
        "from PySide6.QtCore import QT_TRANSLATE_NOOP",
        "",
    ]
    # lupdate wants plain literals on one line, in double quotes.
    lines += [f'QT_TRANSLATE_NOOP("specs", "{_escaped(text)}")' for text in texts()]
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines) - 4} texts in {sys.argv[1]}")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


if __name__ == "__main__":
    main()
