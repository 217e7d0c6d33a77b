"""Scores sequences for anomalies with the model of a finished run.

    python -m keras_vrae.evaluation.anomaly RUN_DIR --data=FILE --output=scores.csv

The table has a row per sequence: its score in nats per step, which is high for sequences that the
model does not expect, and 1 if the score is above a threshold, which is a quantile of the scores of
the training part. With --anomalies the scores are compared with labels, and with the scores of
principal components and of chance.
"""

from absl import flags

from keras_vrae_cli.flags import parsers

ARGUMENTS = "RUN_DIR"
FLAGS = flags.FlagValues()
flags.DEFINE_string(
    "data",
    None,
    "Sequences to score: a .csv, .npz, .parquet, .ts or .mid file, or a folder of MIDI files. "
    "(default: the test part of the run)",
    flag_values=FLAGS,
)
flags.DEFINE(
    parsers.new_file(".csv"),
    "output",
    "scores.csv",
    "File of the scores.",
    flag_values=FLAGS,
)
flags.DEFINE(
    parsers.new_file(".csv"),
    "steps",
    None,
    "File of a second table, with a row per time step. (default: no such table)",
    flag_values=FLAGS,
)
flags.DEFINE_enum(
    "score",
    "elbo",
    ["elbo", "nll"],
    "The negative lower bound, or the negative log-likelihood of whole sequences from importance "
    "samples.",
    flag_values=FLAGS,
)
flags.DEFINE_integer(
    "num_samples",
    None,
    "Samples per sequence. (default: 10 with elbo, 500 with nll)",
    lower_bound=1,
    flag_values=FLAGS,
)
flags.DEFINE_float(
    "quantile",
    0.95,
    "Quantile of the training scores that is the threshold.",
    lower_bound=0.0,
    upper_bound=1.0,
    flag_values=FLAGS,
)
flags.DEFINE_list(
    "anomalies",
    None,
    "Labels of the data that mean an anomaly, with commas between them. (default: no comparison)",
    flag_values=FLAGS,
)
parsers.define_run_flags(FLAGS)
