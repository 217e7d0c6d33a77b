"""Records of shards: each is a `tf.train.Example` of the bytes `x` and the class number `y`."""

import numpy as np
import tensorflow as tf

from keras_vrae.datasets.tfrecord.description import DTYPES, Description
from keras_vrae.types import Tensor

FEATURES = {"x": tf.io.FixedLenFeature((), tf.string), "y": tf.io.FixedLenFeature((), tf.int64)}
LARGEST_BYTE = 255


def encode_record(x: np.ndarray, y: int) -> bytes:
    """Returns the record of one example, bytes.

    Args:
        x: array of uint8 or float32.
        y: its class number.
    """
    content = np.ascontiguousarray(x, DTYPES[x.dtype.name]).tobytes()
    feature = {
        "x": tf.train.Feature(bytes_list=tf.train.BytesList(value=[content])),
        "y": tf.train.Feature(int64_list=tf.train.Int64List(value=[int(y)])),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def decode_records(records: Tensor, description: Description) -> tuple[Tensor, Tensor]:
    """Decodes examples and class numbers; TensorFlow raises an error for other records.

    Args:
        records: tensor of strings `(B,)`.
        description: their `Description`.

    Returns:
        Float32 `(B, *event_shape)`, uint8 divided by 255, and int64 `(B,)`.
    """
    parsed = tf.io.parse_example(records, FEATURES)
    values = tf.io.decode_raw(parsed["x"], tf.dtypes.as_dtype(description.dtype))
    # Reshaping fails for a record with more or fewer values.
    values = tf.reshape(values, (tf.size(records), *description.event_shape))
    labels, classes = parsed["y"], len(description.class_names)
    in_range = tf.reduce_all((labels >= 0) & (labels < classes))
    with tf.control_dependencies([tf.debugging.Assert(in_range, [labels])]):
        labels = tf.identity(labels)
    values = tf.cast(values, tf.float32)
    if description.dtype == "uint8":
        values /= LARGEST_BYTE
    return values, labels
