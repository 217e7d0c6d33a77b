"""Asks a TF Serving server that serves an export.

    keras-vrae client encode --images digits.npy
    keras-vrae client sample --images 1.png 2.png --seed 7
    keras-vrae client reconstruct --images series.npy --lengths 28 20 25
    keras-vrae client encode_text --text "A boat, a wave." "Wind and clouds"
    keras-vrae client decode --z 0.5,-1.2
    keras-vrae client generate --seed 1 2 3 --protocol=grpc --server=localhost:8500

The answer is printed as JSON, or stored with --output=FILE.npz.
"""

import argparse
from pathlib import Path
from typing import NoReturn

MODELS = {
    "encode": "encoder",
    "encode_text": "encoder",
    "hash": "encoder",
    "sample": "encoder",
    "decode": "decoder",
    "generate": "decoder",
    "reconstruct": "autoencoder",
    "score": "autoencoder",
}
PROTOCOLS = {"rest": "localhost:8501", "grpc": "localhost:8500"}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as those of the other commands."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def make_parser(name: str) -> Parser:
    """Returns the parser of the flags."""
    parser = Parser(
        prog=name,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("signature", choices=MODELS, help="signature to call")
    parser.add_argument(
        "--images",
        nargs="+",
        metavar="FILE",
        help="examples: one .npy array of them, or image files of one size",
    )
    parser.add_argument(
        "--pixels",
        action=argparse.BooleanOptionalAction,
        help="divide examples by 255 (default: image files are divided, arrays are not, and arrays "
        "of uint8 with values above 1 need the flag or its opposite)",
    )
    parser.add_argument("--text", nargs="+", metavar="TEXT", help="documents to encode or to hash")
    parser.add_argument(
        "--lengths", type=int, nargs="+", help="number of valid steps of each row, or one for all"
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
