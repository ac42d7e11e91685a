import numpy as np
import tensorflow as tf

from enas_tf.seeds import derive_seed, named_generator


def test_a_seed_is_the_beginning_of_a_hash_and_never_changes():
    # Stored runs are resumed by these very numbers: sha256("3:arcs:7") begins with c148248b 2bd8bbf4.
    assert derive_seed(3, "arcs", 7) == (0x4148248B, 0x2BD8BBF4)


def test_every_part_of_the_position_tells_streams_apart():
    positions = [(0, "a"), (1, "a"), (0, "b"), (0, "a", 0), (0, "a", 1), (0, "a", 0, 0), (0, "a", 1, 0), (0, "a", 0, 1)]
    assert len({derive_seed(*position) for position in positions}) == len(positions)


def test_seeds_are_pairs_that_fit_31_bits():
    seeds = np.array([derive_seed(0, "stream", step) for step in range(1000)], dtype=np.int64)
    assert seeds.shape == (1000, 2)
    assert seeds.min() >= 0
    assert seeds.max() < 2**31
    assert len(np.unique(seeds)) == seeds.size


def test_counters_may_be_of_any_integer_type():
    expected = derive_seed(0, "stream", 5)
    for counter in (np.int64(5), np.int32(5), tf.constant(5), tf.Variable(5, dtype=tf.int64)):
        assert derive_seed(0, "stream", counter) == expected


def test_tensorflow_takes_a_seed():
    first, again, other = (tf.random.stateless_uniform([8], derive_seed(0, "stream", i)).numpy() for i in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_generator_stands_at_its_position_whatever_was_drawn_before():
    first = named_generator(0, "stream", 1).random(4)
    named_generator(0, "stream", 0).random(100)
    np.testing.assert_array_equal(named_generator(0, "stream", 1).random(4), first)
    assert not np.array_equal(named_generator(0, "stream", 2).random(4), first)
