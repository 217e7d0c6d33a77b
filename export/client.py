"""Asks a TF Serving server that serves an export.

    python -m export.client encode --images digits.npy
    python -m export.client sample --images 1.png 2.png --seed 7
    python -m export.client decode --z 0.5,-1.2
    python -m export.client generate --seed 1 2 3 --protocol=grpc --server=localhost:8500

The answer is printed as JSON, or stored with --output=FILE.npz.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from export.transport import ServerError, predict_grpc, predict_rest

MODELS = {
    "encode": "encoder",
    "sample": "encoder",
    "decode": "decoder",
    "generate": "decoder",
    "reconstruct": "autoencoder",
    "score": "autoencoder",
}
SEEDED = ("sample", "generate", "score")
PROTOCOLS = {"rest": (predict_rest, "localhost:8501"), "grpc": (predict_grpc, "localhost:8500")}


def make_parser():
    """Returns the parser of the flags."""
    parser = argparse.ArgumentParser(
        prog="python -m export.client",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("signature", choices=MODELS, help="signature to call")
    parser.add_argument(
        "--images",
        nargs="+",
        metavar="FILE",
        help="examples: one .npy array of them, or image files of one size. Whole numbers are "
        "divided by 255",
    )
    parser.add_argument(
        "--lengths", type=int, nargs="+", help="number of valid steps of each example"
    )
    parser.add_argument(
        "--float64",
        action="store_true",
        help="send examples in double precision, for a model whose inputs are float64",
    )
    parser.add_argument("--z", nargs="+", metavar="A,B", help="points to decode")
    parser.add_argument(
        "--seed", type=int, nargs="+", default=[0], help="seed of each row, or one for all"
    )
    parser.add_argument("--protocol", choices=PROTOCOLS, default="rest")
    parser.add_argument(
        "--server", help="host:port (default: localhost:8501 for REST, localhost:8500 for gRPC)"
    )
    parser.add_argument("--version", type=int, help="version of the model (default: the latest)")
    parser.add_argument("--output", type=Path, help=".npz file for the answer")
    return parser


def read_images(paths, dtype="float32"):
    """Reads examples from files into an array `(N, ...)`."""
    if len(paths) == 1 and paths[0].endswith(".npy"):
        array = np.load(paths[0])
    else:
        from PIL import Image

        array = np.stack([np.asarray(Image.open(path).convert("L")) for path in paths])
    scale = 255 if array.dtype.kind in "ui" else 1
    return (array / scale).astype(dtype)


def make_request(flags):
    """Returns the name of the signature and its inputs, NumPy arrays by name."""
    signature, inputs = flags.signature, {}
    if signature == "decode":
        if not flags.z:
            raise ValueError("`z` must be one point or more for decode. Received: z=None")
        inputs["z"] = np.array([point.split(",") for point in flags.z], "float32")
    elif signature != "generate":
        if not flags.images:
            raise ValueError(
                f"`images` must be one file or more for {signature}. Received: images=None"
            )
        inputs["inputs"] = read_images(flags.images, "float64" if flags.float64 else "float32")
    if flags.lengths:
        signature += "_padded"
        inputs["lengths"] = np.array(flags.lengths, "int64")
    if flags.signature in SEEDED:
        seeds = flags.seed
        if len(seeds) == 1 and "inputs" in inputs:
            seeds = seeds * len(inputs["inputs"])
        inputs["seed"] = np.array(seeds, "int64")
    return signature, inputs


def main():
    """Runs the program and returns its exit status."""
    flags = make_parser().parse_args()
    predict, server = PROTOCOLS[flags.protocol]
    try:
        signature, inputs = make_request(flags)
    except (ValueError, OSError) as error:
        print("export.client:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    try:
        outputs = predict(
            flags.server or server, MODELS[flags.signature], signature, inputs, flags.version
        )
    except ServerError as error:
        print("export.client:", " ".join(str(error).split()), file=sys.stderr)
        return 1
    if flags.output:
        np.savez(flags.output, **outputs)
    else:
        print(json.dumps({name: values.tolist() for name, values in outputs.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
