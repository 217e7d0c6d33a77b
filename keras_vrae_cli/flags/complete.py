"""Continues sequences with the model of a finished run: forecasts, or the rest of a song.

    python -m keras_vrae.completion RUN_DIR --data=FILE --length=100 --output=futures.csv

Each sequence of FILE is a prefix. z is drawn from q(z|prefix), and the steps that follow from
p(x|z). With --prefix the model reads only the first steps, and the rest is there to compare with.
"""

from absl import flags

from keras_vrae_cli.flags import parsers

ARGUMENTS = "RUN_DIR"
FLAGS = flags.FlagValues()
flags.DEFINE_string(
    "data",
    None,
    "Sequences to continue: a .csv, .npz, .parquet, .ts or .mid file, or a folder of MIDI files. "
    "(default: the test part of the run)",
    flag_values=FLAGS,
)
flags.DEFINE_integer(
    "prefix",
    None,
    "Number of first steps of each sequence that the model reads. (default: all)",
    lower_bound=1,
    flag_values=FLAGS,
)
flags.DEFINE_integer(
    "length",
    None,
    "Steps of the continued sequences. (default: as in training)",
    lower_bound=1,
    flag_values=FLAGS,
)
flags.DEFINE_integer(
    "num_samples", 5, "Continuations of each sequence.", lower_bound=1, flag_values=FLAGS
)
flags.DEFINE_bool(
    "draw",
    True,
    "Draw steps from p(x|z); with --nodraw each step is the mean, or the most likely token.",
    flag_values=FLAGS,
)
flags.DEFINE(
    parsers.POSITIVE,
    "temperature",
    1.0,
    "Temperature of the draws.",
    flag_values=FLAGS,
    serializer=flags.ArgumentSerializer(),
)
flags.DEFINE(
    parsers.new_file(".csv", ".npz", ".mid"),
    "output",
    "continuations.csv",
    "A .csv or .npz file; or a .mid file, of which each continuation of music has its own.",
    flag_values=FLAGS,
)
flags.DEFINE(
    parsers.new_file(".png"),
    "picture",
    None,
    "A .png file for a plot of the continuations. (default: no plot)",
    flag_values=FLAGS,
)
parsers.define_run_flags(FLAGS)
