"""Images: where they come from and how they are fed. Knows nothing of models."""

from enas_tf.data.image_set import ImageSet
from enas_tf.data.pipeline import SearchData
from enas_tf.data.sources import load_images

__all__ = ["ImageSet", "SearchData", "load_images"]
