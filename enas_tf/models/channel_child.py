"""The shared network of the macro space over parts of the channels.

Reference: the authors' code without `--controller_search_whole_channels`. As it stands it cannot be built: its network
begins to read the architecture as many integers too late as there are branches, and reads on beyond the end. Here every
layer reads its own integers, those that the controller chose for it and the log prints as its line.
"""

from itertools import chain

from enas_tf.layers.joined_branches import JoinedBranches
from enas_tf.models.layered_child import LayeredChild
from enas_tf.models.pieces import CallLayer, Known
from enas_tf.models.shared_child import MapSize
from enas_tf.search_space import ChannelLayer, MacroChannelSpace


class MacroChannelChild(LayeredChild[ChannelLayer, JoinedBranches]):
    """A shared network whose layers take a range of channels from every operation (arguments as `LayeredChild`).

    All branches run in every layer, so none of the original's quirks concerns it. The ranges are chosen within
    `config.out_filters` channels; those that `config.out_filters_scale` adds are never in range, as in the original.
    """

    space: MacroChannelSpace

    def _layer_operations(self, i: int, size: MapSize) -> JoinedBranches:
        return self._part(JoinedBranches, f"layer_{i}", size, filters=size.channels, operations=self.space.operations)

    def _compute(self, call: CallLayer, i: int, layer: ChannelLayer, maps: Known, training: bool) -> Known:
        return call(self.operations[i], maps, training, tuple(chain(*layer.ranges)))
