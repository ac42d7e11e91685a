"""Masks are found from sums, and features from logits."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.models.micro_child import MicroChild
from enas_tf.original.dropout_masks import features_of, find_subset, logits_under_masks
from enas_tf.search_space import MicroSpace

ARC = (0, 4, 1, 2, 0, 4, 1, 3)


@pytest.mark.parametrize("num_parts", [1, 2, 9, 16])
def test_the_subset_behind_a_sum_is_found(num_parts):
    generator = np.random.default_rng(num_parts)
    for _ in range(3):
        parts, kept = generator.normal(size=(num_parts, 10)), generator.random(num_parts) < 0.8
        total = parts[kept].sum(axis=0).astype(np.float32)
        np.testing.assert_array_equal(find_subset(parts, total), kept)


def test_what_is_no_sum_has_no_subset():
    generator = np.random.default_rng(0)
    parts = generator.normal(size=(12, 10))
    assert find_subset(parts, parts.sum(axis=0) + 0.01) is None


@pytest.fixture(scope="module")
def child():
    config = ChildConfig(num_layers=3, out_filters=4, num_cells=1, keep_prob=0.8)
    return MicroChild(MicroSpace(1), config, (8, 8, 3), 10)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).normal(size=(3, 8, 8, 3)).astype(np.float32)


def test_features_are_what_the_classifiers_matrix_is_applied_to(child, images):
    weights = child.classifier.fc.kernel.numpy()
    features = features_of(child, images, ARC)
    assert features.shape == (3, len(weights))
    logits = child(tf.constant(images), arc=ARC, training=False)
    np.testing.assert_allclose(features @ weights, logits, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(child.classifier.fc.kernel, weights)


def test_logits_with_dropout_are_explained(child, images):
    dropped = child(tf.constant(images), arc=ARC, training=True).numpy()
    plain = child(tf.constant(images), arc=ARC, training=False).numpy()
    assert np.max(np.abs(dropped - plain)) > 0.01
    explained = logits_under_masks(child, images, ARC, dropped, keep_prob=0.8)
    np.testing.assert_allclose(explained, dropped, atol=1e-4 * np.max(np.abs(dropped)))


def test_logits_of_another_network_are_not_explained(child, images):
    plain = child(tf.constant(images), arc=ARC, training=False).numpy()
    explained = logits_under_masks(child, images, ARC, plain + 0.05, keep_prob=0.8)
    np.testing.assert_allclose(explained, plain, rtol=1e-4, atol=1e-5)
