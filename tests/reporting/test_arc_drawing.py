import numpy as np
import pytest

from enas_tf.reporting.arc_drawing import draw_arc
from enas_tf.search_space import MacroChannelSpace, MacroSpace, MicroSpace
from tests.reporting.drawn import texts


@pytest.mark.parametrize(
    "space, shown",
    [(MacroSpace(3), "softmax"), (MacroChannelSpace(3, 4), "global average pool"), (MicroSpace(2), "reduction cell")],
)
def test_each_space_has_its_drawing(space, shown):
    labels = texts(draw_arc(space, space.uniform(np.random.default_rng(0), 1)[0], "the title"))
    assert {shown, "the title"} <= set(labels)


def test_an_unknown_space_is_refused():
    with pytest.raises(TypeError, match="received a str"):
        draw_arc("macro", [0])
