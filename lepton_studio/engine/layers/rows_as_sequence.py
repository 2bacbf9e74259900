"""From a picture to a sequence of its rows."""

from typing import ClassVar

from lepton_studio.engine.layer import Layer, Module, Shape, require_picture


class RowsAsSequence(Layer, frozen=True, tag="rows_as_sequence"):
    """Reads a picture row by row, from top to bottom, as recurrent layers and attention want it: each row is a step.

    ``(channels, height, width) -> (height, channels · width)``, as in the row-wise networks of Le et al. 2015,
    https://arxiv.org/abs/1504.00941
    """

    title: ClassVar[str] = "Rows as sequence"
    group: ClassVar[str] = "Shape"
    # A step is a row over the whole width.
    sees_everything: ClassVar[bool] = True

    def build(self, shape: Shape) -> Module:
        from lepton_studio.engine.modules.sequences import Rows

        require_picture(self.title, shape)
        return Rows()
