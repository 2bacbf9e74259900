"""What a fix does, in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lepton_studio.engine import Fix, FixStep
from lepton_studio.gui.widgets.form import spec_text
from lepton_studio.gui.wording import grouped

# More steps than these are counted on a button, and told in its tooltip.
STEPS_TOLD = 2


class FixWording(QObject):
    """Makes sentences of the parts of a fix."""

    def short(self, fix: Fix) -> str:
        """For a button and for the Edit menu: all of it, or its first step and how many more there are."""
        if len(fix.steps) <= STEPS_TOLD or fix.is_same_everywhere:
            return self.full(fix)
        return self.tr("{0}, and {1} more changes").format(self._step(fix.steps[0]), grouped(len(fix.steps) - 1))

    def full(self, fix: Fix) -> str:
        """Every step."""
        first = fix.steps[0]
        if fix.is_same_everywhere:
            text = self.tr("Set {0} to {1} in {2} layers")
            return text.format(spec_text(first.label).lower(), self._value(first), grouped(len(fix.steps)))
        return ", ".join(self._step(step) for step in fix.steps)

    def _step(self, step: FixStep) -> str:
        title = spec_text(step.title)
        layer = self.tr("{0} (layer {1})").format(title, step.number) if step.number else title
        if step.kind == "set":
            return self.tr("Set {0} of {1} to {2}").format(spec_text(step.label).lower(), layer, self._value(step))
        if step.kind == "outputs":
            text = self.tr("Give the last {0} {1} outputs") if step.number else self.tr("Give {0} {1} outputs")
            return text.format(title, self._value(step))
        if step.inserted:
            return self._put(step, layer)
        if step.kind == "move":
            other = spec_text(step.beside)
            if step.beside_number:
                other = self.tr("{0} (layer {1})").format(other, step.beside_number)
            return self.tr("Move {0} before {1}").format(layer, other)
        return (self.tr("Remove {}") if step.kind == "remove" else self.tr("Leave out {}")).format(layer)

    def _put(self, step: FixStep, layer: str) -> str:
        new = self.tr(" and ").join(spec_text(each) for each in step.inserted)
        if step.kind == "append" and step.new is None:
            return self.tr("Put {} at the end").format(new)
        if step.kind == "append":
            return self.tr("Put {0} with {1} outputs at the end").format(new, self._value(step))
        if step.kind == "replace":
            return self.tr("Put {0} in place of {1}").format(new, layer)
        return (self.tr("Put {0} after {1}") if step.is_after else self.tr("Put {0} before {1}")).format(new, layer)

    def _value(self, step: FixStep) -> str:
        if step.word:
            return spec_text(step.word)
        if isinstance(step.new, bool):
            return self.tr("on") if step.new else self.tr("off")
        return grouped(step.new) if isinstance(step.new, int) else spec_text(str(step.new).replace("_", " "))
