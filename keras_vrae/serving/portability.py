"""Checks that a graph runs on machines other than the one that traced it."""

from contextlib import AbstractContextManager
from pathlib import Path

from keras_vrae.backend import inner_layers_set
from keras_vrae.models import VAE
from keras_vrae.validation import DataError

# A layer that takes the cuDNN path puts a kernel in the graph that a CPU does not have. Such a
# SavedModel loads there and fails at every request.
REFUSED_OPERATIONS = ("Cudnn", "PyFunc")
XLA_ONLY = "_XlaMustCompile"


def dense_products(model: VAE) -> AbstractContextManager[None]:
    """Lets layers for rows that are mostly zeros multiply as others do, while the block runs.

    Their compressed rows are operations of TensorFlow alone, which converters to other runtimes
    write down and these do not know.
    """
    return inner_layers_set(model, "dense_product", True)


def check_portable(path: str | Path) -> None:
    """Raises `DataError` if the graph of a SavedModel needs more than a CPU and the file.

    Args:
        path: folder of the SavedModel.
    """
    found = sorted(_refused(Path(path, "saved_model.pb").read_bytes()))
    if found:
        raise DataError(
            f"The graph of {Path(path).name} must run on any CPU server. "
            f"Received: {', '.join(found)}"
        )


def _refused(content):
    """Operations and attributes of a serialized SavedModel that a server may lack."""
    from tensorflow.core.protobuf import saved_model_pb2

    found = set()
    for meta_graph in saved_model_pb2.SavedModel.FromString(content).meta_graphs:
        functions = meta_graph.graph_def.library.function
        nodes = [node for function in functions for node in function.node_def]
        nodes += meta_graph.graph_def.node
        found |= {node.op for node in nodes if any(word in node.op for word in REFUSED_OPERATIONS)}
        if any(part.attr[XLA_ONLY].b for part in (*functions, *nodes) if XLA_ONLY in part.attr):
            found.add(XLA_ONLY)
    return found
