"""No attack."""

from typing import ClassVar

from lepton_studio.engine.attack import Attack


class NoAttack(Attack, frozen=True, tag="none"):
    """Leaves the pictures as they are."""

    title: ClassVar[str] = "None"
