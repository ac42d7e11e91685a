"""Search spaces and their architectures ("arcs") as plain data: the only place that knows an arc's offsets.

An arc is a tuple of integers, a batch of arcs an int32 array [num_arcs, arc_length]. Knows no TensorFlow.
"""

from enas_tf.search_space.arc_record import ArcRecord, ImageFacts, require_same_space
from enas_tf.search_space.choices import Choices
from enas_tf.search_space.factory import SpaceConfig, make_space
from enas_tf.search_space.layered import LayeredSpace, SkippingLayer
from enas_tf.search_space.macro import MACRO_OPERATIONS, MacroLayer, MacroSpace
from enas_tf.search_space.macro_channels import ChannelLayer, ChannelRange, MacroChannelSpace
from enas_tf.search_space.micro import CELL_NAMES, MICRO_OPERATIONS, NUM_CELL_INPUTS, Block, Cell, MicroSpace
from enas_tf.search_space.notations import NOTATIONS, is_of_cells, parse_arc, to_integers, write_arc
from enas_tf.search_space.offered import PUBLISHED, known_operations, offered_operations
from enas_tf.search_space.place import Place, PlaceKind
from enas_tf.search_space.space import Arc, SearchSpace

__all__ = [
    "CELL_NAMES",
    "MACRO_OPERATIONS",
    "MICRO_OPERATIONS",
    "NOTATIONS",
    "NUM_CELL_INPUTS",
    "PUBLISHED",
    "Arc",
    "ArcRecord",
    "Block",
    "Cell",
    "ChannelLayer",
    "ChannelRange",
    "Choices",
    "ImageFacts",
    "LayeredSpace",
    "MacroChannelSpace",
    "MacroLayer",
    "MacroSpace",
    "MicroSpace",
    "Place",
    "PlaceKind",
    "SearchSpace",
    "SkippingLayer",
    "SpaceConfig",
    "is_of_cells",
    "known_operations",
    "make_space",
    "offered_operations",
    "parse_arc",
    "require_same_space",
    "to_integers",
    "write_arc",
]
