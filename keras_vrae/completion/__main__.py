"""Continues sequences with the model of a finished run: forecasts, and music from its beginning.

    python -m keras_vrae.completion RUN_DIR --data=FILE --length=100 --output=futures.csv

Each sequence of FILE is a prefix, of which z is drawn from q(z|prefix), and the steps that follow
from p(x|z). With --prefix only its first steps are given, and the rest is there to compare with.
"""

import argparse
import sys

import numpy as np

from keras_vrae.completion import ENDINGS, read_prefixes, write
from keras_vrae.files import replacing
from keras_vrae.plots import rolls as roll_plots
from keras_vrae.plots import series as series_plots
from keras_vrae.plots import tokens as token_plots
from keras_vrae.training.data import load_with_data, read_config
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import (
    SettingError,
    check_float,
    check_int,
    check_new_file,
    complaint,
)


def make_parser():
    """The flags."""
    description, *_ = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        prog="python -m keras_vrae.completion", description=description
    )
    parser.add_argument(
        "run_dir", metavar="RUN_DIR", help="folder of a finished run with a recurrent decoder"
    )
    parser.add_argument(
        "--data",
        help="sequences to continue: .csv, .npz, .parquet, .ts or .mid file, or folder of MIDI "
        "files (default: the run's test part)",
    )
    parser.add_argument(
        "--prefix", type=int, help="how many first steps of each are given (default: all)"
    )
    parser.add_argument(
        "--length", type=int, help="steps of the whole sequences (default: those of the model)"
    )
    parser.add_argument(
        "--num_samples", type=int, default=5, help="continuations of each (default: %(default)s)"
    )
    parser.add_argument(
        "--draw",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether steps are drawn from p(x|z); else each is its mean, or the likeliest token",
    )
    parser.add_argument(
        "--temperature", type=float, default=1.0, help="of the draws (default: %(default)s)"
    )
    parser.add_argument(
        "--output",
        default="continuations.csv",
        help="a .csv or .npz file, or of music .mid, one for each continuation "
        "(default: %(default)s)",
    )
    parser.add_argument("--picture", metavar="FILE", help="a .png file to draw them in")
    parser.add_argument("--seed", type=int, default=0, help="fixes all that is drawn")
    parser.add_argument("--data_dir", help="folder of the run's data (default: that of the run)")
    return parser


def check(arguments):
    """Raises `SettingError` for what can be seen to be wrong before anything is loaded."""
    for name in ("prefix", "length", "num_samples"):
        if getattr(arguments, name) is not None:
            check_int(name, getattr(arguments, name))
    check_float("temperature", arguments.temperature, above=True)
    if not arguments.draw and arguments.temperature != 1.0:
        raise SettingError(
            complaint("temperature", "left out with --no-draw", arguments.temperature)
        )
    check_int("seed", arguments.seed, minimum=0)
    check_new_file("output", arguments.output, ENDINGS)
    if arguments.picture is not None:
        check_new_file("picture", arguments.picture, (".png",))
    if arguments.data is None and arguments.prefix is None:
        raise SettingError(complaint("prefix", "given without --data", arguments.prefix))


def check_run(arguments, config):
    """Raises `SettingError` where a run is none to continue sequences with."""
    if not config.is_series or config.decoder == "dense":
        expected = "a run on sequences with an LSTM or GRU decoder"
        shown = f"{arguments.run_dir}, {config.dataset} with a {config.decoder} decoder"
        raise SettingError(complaint("run_dir", expected, shown))
    music = config.likelihood == "bernoulli"
    if arguments.output.lower().endswith(".mid") and not music:
        raise SettingError(complaint("output", "a .csv or .npz file of no music", arguments.output))


def run(arguments):
    """Continues, and writes the files once all is done. Returns their paths."""
    check(arguments)
    finished = RunDirectory(arguments.run_dir)
    finished.read_json(finished.metrics_path)
    config = read_config(finished, arguments.data_dir)
    check_run(arguments, config)
    model, splits = load_with_data(finished, config)
    prefixes = read_prefixes(arguments.data, splits, config.missing, arguments.prefix)
    length = arguments.length or splits.spec.event_shape[0]
    if length is None:
        raise SettingError(complaint("length", "given, as the model leaves it open", length))
    longest = int(np.max(prefixes.inputs["lengths"]))
    if length <= longest:
        raise SettingError(
            complaint("length", f"more than {longest}, the steps of the longest prefix", length)
        )
    x = model.complete(
        prefixes.inputs,
        length,
        arguments.num_samples,
        seed=arguments.seed,
        draw=arguments.draw,
        temperature=arguments.temperature,
    )
    lengths = prefixes.inputs["lengths"]
    paths = write(arguments.output, x, lengths, prefixes.names)
    if arguments.picture is not None:
        with replacing(arguments.picture) as aside:
            draw(x, prefixes, splits.spec.kind).savefig(aside)
        paths.append(arguments.picture)
    return paths


def draw(x, prefixes, kind):
    """The picture of continuations `(N, K, T, ...)`, a `Figure`."""
    if kind == "series":
        return series_plots.continuations(x, prefixes.inputs["lengths"], prefixes.truth)
    plots = roll_plots if kind == "roll" else token_plots
    return plots.samples(x[:, 0], "The first continuation of each sequence")


def main():
    """Runs the program and returns its exit status."""
    arguments = make_parser().parse_args()
    try:
        paths = run(arguments)
    except (ValueError, OSError) as error:
        print("keras_vrae.completion:", " ".join(str(error).split()), file=sys.stderr)
        return 2 if isinstance(error, SettingError) else 1
    shown = ", ".join(map(str, paths[:3]))
    print(f"Wrote {shown}" + (f" and {len(paths) - 3} more" if len(paths) > 3 else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
