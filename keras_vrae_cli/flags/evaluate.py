"""Evaluates finished runs again.

    python -m keras_vrae.evaluation RUN_DIR... --nll_samples=5000

The part `evaluation` of each run's `metrics.json` is replaced; the rest stays as it is.
"""

from absl import flags

from keras_vrae_cli.flags import parsers

ARGUMENTS = "RUN_DIR..."
FLAGS = flags.FlagValues()
flags.DEFINE_integer(
    "nll_samples",
    5000,
    "Importance samples per test example; 0: no likelihood.",
    lower_bound=0,
    flag_values=FLAGS,
)
flags.DEFINE_integer(
    "nll_examples",
    None,
    "Number of test examples for the likelihood, the first ones. (default: all)",
    lower_bound=1,
    flag_values=FLAGS,
)
flags.DEFINE(
    parsers.counts(),
    "labels",
    "100,600,1000",
    "Numbers of labelled examples for the kNN accuracy, with commas between them.",
    flag_values=FLAGS,
)
parsers.define_run_flags(FLAGS)
