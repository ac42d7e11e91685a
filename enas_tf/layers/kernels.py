"""The operations of TensorFlow a child spends its time in, with gradients put together so that a CPU is quick.

Each computes what TensorFlow's operation of that name does. On x86 processors TensorFlow takes its kernels from oneDNN,
which has some that are several times slower than others for the same numbers; what is said of seconds below holds for
those (2 cores with AVX-512, maps [128, 32, 32, 36] and [160, 32, 32, 20]). GPUs, and maps whose channels come first,
keep TensorFlow's own way.
"""

from collections.abc import Callable

import tensorflow as tf

POOL_SIZE = 3
# Of oneDNN's batch normalization: where channels do not fill its vectors, it has a slow kernel for maps, and where they
# do not even fill the smallest ones, an equally slow one for lists of pixels.
_VECTOR_SIZE, _SMALLEST_VECTOR_SIZE = 16, 4
# Of oneDNN's gradient of a depthwise kernel: a wider one is slow.
_FAST_WIDTH = 3

_STRIDE_1 = (1, 1, 1, 1)


def batch_normalize(
    inputs: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float, data_format: str
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Normalizes by the statistics of the batch, as `tf.raw_ops.FusedBatchNormV3` does in training.

    With 36 channels the kernel for maps takes 2.5 times as long once TensorFlow has fused a relu into it, with 40
    channels 4 times as long even without. The one for a list of pixels does not, nor does the gradient's for maps.

    Args:
      inputs: float32 [B, H, W, C] or [B, C, H, W].
      scale: float32 [C].
      offset: float32 [C].
      epsilon: Added to the variance.
      data_format: `NHWC` or `NCHW`.

    Returns:
      The normalized map; mean and unbiased variance, float32 [C], which pass no gradient on.
    """
    settings = {"epsilon": epsilon, "data_format": data_format, "is_training": True}
    channels = inputs.shape[data_format.index("C")]
    if not _is_tuned(data_format) or channels % _VECTOR_SIZE == 0 or channels % _SMALLEST_VECTOR_SIZE:
        outputs = tf.raw_ops.FusedBatchNormV3(x=inputs, scale=scale, offset=offset, mean=[], variance=[], **settings)
        return outputs.y, outputs.batch_mean, outputs.batch_variance

    @tf.custom_gradient
    def normalize(maps: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], Callable]:
        pixels = tf.reshape(maps, [-1, 1, 1, channels])
        outputs = tf.raw_ops.FusedBatchNormV3(x=pixels, scale=scale, offset=offset, mean=[], variance=[], **settings)

        def gradient(upstream: tf.Tensor, *_: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            gradients = tf.raw_ops.FusedBatchNormGradV3(
                y_backprop=upstream,
                x=maps,
                scale=scale,
                reserve_space_1=outputs.reserve_space_1,
                reserve_space_2=outputs.reserve_space_2,
                reserve_space_3=outputs.reserve_space_3,
                **settings,
            )
            return gradients.x_backprop, gradients.scale_backprop, gradients.offset_backprop

        return (tf.reshape(outputs.y, tf.shape(maps)), outputs.batch_mean, outputs.batch_variance), gradient

    return normalize(inputs, scale, offset)


def max_pool(inputs: tf.Tensor, strides: int, data_format: str) -> tf.Tensor:
    """Max pooling, 3×3, SAME padding.

    TensorFlow uses oneDNN's gradient, about 20 times as quick as the other, where the maxima are computed in the same
    function. Forward and backward are functions of their own here, so the gradient computes the maxima once more: 12
    instead of 80 ms in all.

    Args:
      inputs: [B, H, W, C] or [B, C, H, W].
      strides: In both directions.
      data_format: `NHWC` or `NCHW`.
    """
    stride = _per_axis(strides, data_format)
    settings = {"ksize": _per_axis(POOL_SIZE, data_format), "strides": stride, "padding": "SAME"}
    settings["data_format"] = data_format
    if not _is_tuned(data_format):
        return tf.raw_ops.MaxPool(input=inputs, **settings)

    @tf.custom_gradient
    def pool(maps: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            maxima = tf.raw_ops.MaxPool(input=maps, **settings)
            return tf.raw_ops.MaxPoolGrad(orig_input=maps, orig_output=maxima, grad=upstream, **settings)

        return tf.raw_ops.MaxPool(input=maps, **settings), gradient

    return pool(inputs)


def depthwise_convolve(inputs: tf.Tensor, kernel: tf.Tensor, data_format: str) -> tf.Tensor:
    """Depthwise convolution at stride 1, SAME padding.

    The gradient of a 5×5 kernel is that of two 5×3 ones, for it takes half the time that way: 6 to 10 instead of 12 to
    24 ms.

    Args:
      inputs: [B, H, W, C] or [B, C, H, W].
      kernel: [k, k, C, 1], k odd.
      data_format: `NHWC` or `NCHW`.
    """
    width = kernel.shape[1]
    if not _is_tuned(data_format) or not _FAST_WIDTH < width <= 2 * _FAST_WIDTH:
        return tf.nn.depthwise_conv2d(inputs, kernel, _STRIDE_1, "SAME", data_format)

    @tf.custom_gradient
    def convolve(maps: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            to_maps = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
                input_sizes=tf.shape(maps), filter=kernel, out_backprop=upstream, strides=_STRIDE_1, padding="SAME"
            )
            return to_maps, _kernel_gradient(maps, kernel.shape, upstream)

        return tf.nn.depthwise_conv2d(maps, kernel, _STRIDE_1, "SAME"), gradient

    return convolve(inputs, kernel)


def _kernel_gradient(maps: tf.Tensor, shape: tf.TensorShape, upstream: tf.Tensor) -> tf.Tensor:
    """Gradient of a depthwise kernel [k, k, C, 1] in two parts: its first columns and its last ones."""
    height, width = shape[:2]
    above, beyond = height // 2, width - _FAST_WIDTH
    first, last = (
        tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
            input=tf.pad(maps, [[0, 0], [above, above], columns, [0, 0]]),
            filter_sizes=[height, _FAST_WIDTH, *shape[2:]],
            out_backprop=upstream,
            strides=_STRIDE_1,
            padding="VALID",
        )
        for columns in ([width // 2, width // 2 - beyond], [width // 2 - beyond, width // 2])
    )
    return tf.concat([first, last[:, _FAST_WIDTH - beyond :]], axis=1)


def _is_tuned(data_format: str) -> bool:
    """Whether TensorFlow's way is departed from."""
    return data_format == "NHWC" and not tf.config.list_physical_devices("GPU")


def _per_axis(size: int, data_format: str) -> list[int]:
    """A size in both directions of a map, as TensorFlow's operations take it."""
    return [size if axis in "HW" else 1 for axis in data_format]
