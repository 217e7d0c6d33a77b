"""Evaluates finished runs anew: `python -m keras_vrae.evaluation RUN_DIR... [--nll_samples=5000]`.

The part `evaluation` of each run's `metrics.json` is replaced; nothing else is touched.
"""

import argparse
import json
import sys

from keras_vrae.training.metrics import LABEL_COUNTS, assess
from keras_vrae.validation import SettingError, check_int


def make_parser():
    """The flags."""
    description, *_ = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        prog="python -m keras_vrae.evaluation", description=description
    )
    parser.add_argument("run_dirs", nargs="+", metavar="RUN_DIR", help="folder of a finished run")
    parser.add_argument("--data_dir", help="folder of the data (default: that of the run)")
    parser.add_argument(
        "--nll_samples",
        type=int,
        default=5000,
        help="importance samples of each test example; 0: no likelihood (default: %(default)s)",
    )
    parser.add_argument(
        "--nll_examples",
        type=int,
        help="how many test examples the likelihood is of, the first ones (default: all)",
    )
    parser.add_argument(
        "--labels",
        default=",".join(map(str, LABEL_COUNTS)),
        help="numbers of labelled points for kNN accuracy, with commas (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="fixes all that is drawn")
    return parser


def read_options(arguments):
    """The arguments of `assess`, checked before any run is loaded."""
    check_int("nll_samples", arguments.nll_samples, minimum=0)
    check_int("seed", arguments.seed, minimum=0)
    if arguments.nll_examples is not None:
        check_int("nll_examples", arguments.nll_examples)
    try:
        counts = tuple(int(count) for count in arguments.labels.split(",") if count)
    except ValueError:
        raise SettingError(
            "`labels` must be whole numbers with commas between them. "
            f"Received: labels={arguments.labels!r}"
        ) from None
    for count in counts:
        check_int("labels", count)
    return {
        "data_dir": arguments.data_dir,
        "nll_samples": arguments.nll_samples,
        "max_examples": arguments.nll_examples,
        "label_counts": counts,
        "seed": arguments.seed,
        "verbose": int(sys.stdout.isatty()),
    }


def main():
    """Runs the program and returns its exit status."""
    arguments = make_parser().parse_args()
    try:
        options = read_options(arguments)
        for run_dir in arguments.run_dirs:
            metrics = assess(run_dir, **options)
            print(json.dumps(metrics["evaluation"], indent=2))
    except (ValueError, OSError) as error:
        print("keras_vrae.evaluation:", " ".join(str(error).split()), file=sys.stderr)
        return 2 if isinstance(error, SettingError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
