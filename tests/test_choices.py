import collections
import itertools

import numpy as np
import pytest
from scipy import stats

from enas_tf.search_space import Choices, MacroChannelSpace, MacroSpace, MicroSpace, PlaceKind

MACRO = MacroSpace(3, ("a", "b", "c"))
MICRO = MicroSpace(2, operations=("a", "b", "c"))
CHANNELS = MacroChannelSpace(2, 3, ("a", "b"))
SPACES = {"macro": MACRO, "micro": MICRO, "channels": CHANNELS}
each_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)

# At this level a test with a fixed seed fails by chance once in a thousand seeds.
LEVEL = 0.001


@each_space
def test_the_places_cover_the_arc_in_its_order(space):
    positions = [position for place in space.places for position in place.positions]
    assert positions == list(range(space.arc_length))


@each_space
def test_every_place_offers_what_the_space_allows_and_nothing_else(space):
    arc = space.uniform(np.random.default_rng(0), 1)[0].tolist()
    for place in space.places:
        allowed = set()
        for values in itertools.product(*(range(space.num_options[position] + 1) for position in place.positions)):
            changed = list(arc)
            changed[place.positions[0] : place.positions[-1] + 1] = values
            if all(value in there for value, there in zip(changed, space._allowed(tuple(changed)), strict=True)):
                allowed.add(values)
        assert set(place.options) == allowed
        assert len(place.options) == len(allowed)


def test_a_count_is_allowed_by_its_start():
    pair = CHANNELS.places[0]
    assert pair.allowed() == (0, 1, 2)
    assert [pair.allowed((start,)) for start in range(3)] == [(1, 2), (1, 2), (1,)]


@pytest.mark.parametrize(
    ("space", "size"),
    [(MACRO, 3**3 * 2**3), (MICRO, (2 * 2 * 3 * 3 * 3**4) ** 2), (CHANNELS, 5**4 * 2), (MacroSpace(12), 6**12 * 2**66)],
)
def test_the_size_is_the_number_of_architectures(space, size):
    assert Choices.of(space).size == size


@each_space
def test_a_number_is_an_architecture_and_back(space):
    choices = Choices.of(space)
    indices = range(min(500, choices.size))
    arcs = [choices.arc_at(index) for index in indices]
    assert len({space.validate(arc) for arc in arcs}) == len(indices)
    assert [choices.index_of(arc) for arc in arcs] == list(indices)
    last = choices.arc_at(choices.size - 1)
    assert choices.index_of(last) == choices.size - 1
    assert choices.arc_of(choices.options_of(np.array(last, np.int32))) == last


def test_where_only_connections_are_chosen_every_operation_is_the_first():
    choices = Choices.of(MACRO, only_connections=True)
    assert choices.size == 2**3
    arcs = np.array([choices.arc_at(index) for index in range(choices.size)])
    assert not arcs[:, MACRO.operation_positions].any()


def _mutations(choices, arc, identity_probability=0.05, number=20_000):
    generator = np.random.default_rng(1)
    return collections.Counter(choices.mutate(arc, generator, identity_probability) for _ in range(number))


def _assert_distributed(counted, probabilities):
    assert sum(probabilities.values()) == pytest.approx(1)
    assert set(counted) <= set(probabilities)
    observed = [counted[arc] for arc in probabilities]
    expected = np.array(list(probabilities.values())) * counted.total()
    assert stats.chisquare(observed, expected).pvalue > LEVEL


def _expected(arc, identity_probability, kinds):
    """The distribution of mutations, from a list by kind of places: their positions, and options that are as likely."""
    probabilities = collections.defaultdict(float, {tuple(arc): identity_probability})
    for places in kinds:
        for positions, options in places:
            for option in options:
                mutated = list(arc)
                for position, value in zip(positions, option, strict=True):
                    mutated[position] = value
                share = 1 / len(kinds) / len(places) / len(options)
                probabilities[tuple(mutated)] += (1 - identity_probability) * share
    return probabilities


def _integers(*values):
    return [(value,) for value in values]


def test_mutations_of_a_macro_arc_follow_their_distribution():
    arc = (2, 1, 0, 0, 1, 0)
    operations = [((position,), _integers(0, 1, 2)) for position in (0, 1, 3)]  # the old one included
    skips = [((2,), [(1,)]), ((4,), [(0,)]), ((5,), [(1,)])]
    _assert_distributed(_mutations(Choices.of(MACRO), arc), _expected(arc, 0.05, [operations, skips]))


def test_mutations_of_a_cell_follow_the_published_distribution():
    arc = (0, 1, 1, 2, 2, 0, 0, 1) + (1, 0, 0, 1, 1, 2, 2, 2)
    entries = {0: 2, 2: 2, 4: 3, 6: 3, 8: 2, 10: 2, 12: 3, 14: 3}
    inputs = [((at,), [(value,) for value in range(count) if value != arc[at]]) for at, count in entries.items()]
    operations = [((at + 1,), _integers(0, 1, 2)) for at in entries]
    _assert_distributed(_mutations(Choices.of(MICRO), arc), _expected(arc, 0.05, [inputs, operations]))


def test_mutations_of_channels_draw_another_valid_pair():
    arc = (0, 2, 1, 1, 2, 1, 0, 1, 1)
    pairs = [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1)]
    ranges = [((at, at + 1), [pair for pair in pairs if pair != (arc[at], arc[at + 1])]) for at in (0, 2, 4, 6)]
    _assert_distributed(_mutations(Choices.of(CHANNELS), arc), _expected(arc, 0.05, [ranges, [((8,), [(0,)])]]))


@pytest.mark.parametrize(
    ("choices", "arc", "kinds"),
    [
        (
            Choices.of(MACRO, only_connections=True),
            (0, 0, 1, 0, 0, 0),
            [[((2,), [(0,)]), ((4,), [(1,)]), ((5,), [(1,)])]],
        ),
        (Choices.of(MacroSpace(1)), (4,), [[((0,), _integers(*range(6)))]]),
        (Choices.of(MacroSpace(2, ("a",))), (0, 0, 1), [[((2,), [(0,)])]]),
        (
            Choices.of(MicroSpace(1, ("a",))),
            (0, 0, 1, 0) * 2,
            [[((p,), [(v,)]) for p, v in ((0, 1), (2, 0), (4, 1), (6, 0))]],
        ),
    ],
    ids=["only_connections", "one_layer", "one_operation", "one_operation_in_cells"],
)
def test_where_a_kind_does_not_exist_the_other_has_its_share(choices, arc, kinds):
    _assert_distributed(_mutations(choices, arc, 0.2, number=3000), _expected(arc, 0.2, kinds))


def test_where_there_is_nothing_to_choose_nothing_changes():
    assert _mutations(Choices.of(MacroSpace(1, ("a",))), (0,), 0.0, 100) == {(0,): 100}


def test_instances_of_a_poison_count_as_operations_of_their_own():
    poisoned = MacroSpace(1, ("a", "poison", "poison"), num_poisoned=2)
    _assert_distributed(
        _mutations(Choices.of(poisoned), (0,), 0.0, 3000), _expected((0,), 0.0, [[((0,), _integers(0, 1, 2))]])
    )


def test_the_kinds_are_those_of_the_space():
    assert {place.kind for place in MACRO.places} == {PlaceKind.OPERATION, PlaceKind.SKIP}
    assert {place.kind for place in MICRO.places} == {PlaceKind.OPERATION, PlaceKind.INPUT}
    assert {place.kind for place in CHANNELS.places} == {PlaceKind.CHANNELS, PlaceKind.SKIP}
