"""Requests that TF Serving sends to a version before it serves it, so that no client waits."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from keras_vrae.serving.requests import Request

PATH = Path("assets.extra", "tf_serving_warmup_requests")


def write_warmup_requests(path: Path, model_name: str, requests: Sequence[Request]) -> int:
    """Writes `assets.extra/tf_serving_warmup_requests`, one `PredictionLog` a request.

    Args:
        path: folder of the SavedModel.
        model_name: name of the model on the server.
        requests: a list of `Request`.

    Returns:
        Number of requests that were written: 0 if `tensorflow-serving-api`, the extra `serving` of
        this package, is not installed.
    """
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError:
        return 0
    (path / PATH).parent.mkdir()
    with tf.io.TFRecordWriter(str(path / PATH)) as writer:
        for signature, inputs in requests:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model_name
            request.model_spec.signature_name = signature
            for name, values in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
            log = prediction_log_pb2.PredictLog(request=request)
            entry = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(entry.SerializeToString())
    return len(requests)
