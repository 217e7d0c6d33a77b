"""Trains a variational autoencoder, draws what it learned, prints and stores the figures.

    python train_main.py --encoder=lstm
    python train_main.py --encoder=dense,lstm,gru --dataset=mnist --data_dir=FOLDER

Several encoders, or several seeds, are trained one after the other and compared.
"""

import dataclasses
import importlib.util
import os
import re
import sys

from absl import app, flags, logging

FLAGS = flags.FLAGS

flags.DEFINE_list(
    "encoder", ["lstm"], "Inference network: dense, lstm or gru; or several, with commas."
)
flags.DEFINE_string(
    "dataset",
    "digits",
    "digits (embedded, no network), mnist, fashion_mnist, kmnist, tfds:NAME for any set of "
    "labelled images of one size in tensorflow-datasets; timeseries:PATH for time series in a "
    ".npz, .csv, .parquet or .ts file, or in one of the sets that aeon carries, by its name; "
    "chorales (Bach's, in music21) or midi:PATH for a folder, as piano rolls; newsgroups, or "
    "text:PATH for documents of your own: a folder of folders, or a .csv, .tsv, .jsonl or plain "
    "file; tfrecord:GLOB for shards that python -m keras_vrae.datasets.tfrecord has written, which "
    "are read while a model trains.",
)
flags.DEFINE_integer("window", None, "Cut time series into windows of so many steps. (default: no)")
flags.DEFINE_integer("stride", None, "Steps from one window to the next. (default: a whole window)")
flags.DEFINE_string(
    "missing",
    "refuse",
    "What to do where a value of a time series is missing: refuse, or interpolate (linearly "
    "between its neighbours in time).",
)
flags.DEFINE_string(
    "scaling",
    None,
    "standard (each channel of time series by mean and standard deviation of the training part) or "
    "none. (default: standard with gaussian, otherwise none)",
)
flags.DEFINE_string(
    "data_dir",
    None,
    "Folder of the data: the four IDX files of the MNIST family, gzipped or not; or where "
    "tensorflow-datasets keeps its data; or scikit-learn's cache of newsgroups.",
)
flags.DEFINE_string(
    "run_dir",
    None,
    "Folder for the results; of several runs, the folder that holds theirs. "
    "(default: runs/<dataset>-<encoder>; of several runs: runs)",
)
flags.DEFINE_integer(
    "epochs",
    None,
    "Passes over the training part. (default: 60 for digits, 100 for time series and music, "
    "otherwise 20)",
)
flags.DEFINE_integer(
    "batch_size",
    None,
    "Examples in a batch. (default: 32 for digits, time series and music, otherwise 128)",
)
flags.DEFINE_float(
    "learning_rate",
    None,
    "Step size of Adam at the start. (default: 0.006 for documents; with labels 0.002, and 0.004 "
    "up to 16 dimensions; otherwise 0.002)",
)
flags.DEFINE_string(
    "learning_rate_schedule",
    "cosine",
    "cosine (to zero along half a cosine, for documents to a tenth) or constant.",
)
flags.DEFINE_float(
    "clipnorm",
    None,
    "Scale gradients of a larger norm over all weights down to this; 0: never. "
    "(default: 0 for documents, otherwise 20)",
)
flags.DEFINE_integer(
    "latent_dim", None, "Number of latent dimensions. (default: 32 for documents, otherwise 2)"
)
flags.DEFINE_integer(
    "hidden_units", None, "Units of every hidden layer of encoder and decoder. (default: 500)"
)
flags.DEFINE_string("decoder", "dense", "Generative network: dense, lstm or gru.")
flags.DEFINE_string(
    "decoder_inputs",
    "zero",
    "What a recurrent decoder reads at each step: zero (z gives its first state, and that is all), "
    "teacher (the step before, the true one in training) or own (the step that it wrote before).",
)
flags.DEFINE_bool("z_at_every_step", False, "Let a recurrent decoder read z at every step as well.")
flags.DEFINE_float(
    "word_dropout", 0.0, "Fraction of the steps hidden from a teacher-forced decoder in training."
)
flags.DEFINE_integer(
    "recurrent_layers", 1, "Stacked layers of a recurrent encoder, and of a recurrent decoder."
)
flags.DEFINE_bool("bidirectional", False, "Let a recurrent encoder read x in both directions.")
flags.DEFINE_bool("reverse_input", False, "Let a recurrent encoder read x from its end.")
flags.DEFINE_string(
    "likelihood",
    None,
    "Distribution of a value given z: bernoulli, gaussian with a learned scale, or categorical for "
    "time series that are tokens, whole numbers from 0. "
    "(default: gaussian for digits and time series, otherwise bernoulli)",
)
flags.DEFINE_string(
    "likelihood_scale",
    None,
    "Standard deviation of the gaussian likelihood: learned, per_value (an output of the decoder) "
    "or a positive number. (default: learned)",
)
flags.DEFINE_string(
    "prior",
    "normal",
    "Distribution of z: normal (standard normal), mixture (of Gaussians) or vamp (the mean of the "
    "posteriors of pseudo-inputs).",
)
flags.DEFINE_integer(
    "prior_components",
    None,
    "Components of a mixture, or pseudo-inputs of vamp. (default: 10 for mixture, 500 for vamp)",
)
flags.DEFINE_string(
    "binarization",
    None,
    "dynamic (grey levels are probabilities, drawn anew each epoch), fixed (drawn once) or none. "
    "(default: dynamic with bernoulli, none with gaussian)",
)
flags.DEFINE_string(
    "objective",
    "elbo",
    "elbo, iwae (the importance-weighted bound) or dreg (iwae with the doubly reparameterized "
    "gradient, which has less variance).",
)
flags.DEFINE_integer(
    "importance_samples",
    None,
    "Posterior samples of each example in a training step. (default: 1 for elbo, otherwise 5)",
)
flags.DEFINE_float("beta", 1.0, "Weight of the KL term, with elbo; at the end of its schedule.")
flags.DEFINE_string(
    "kl_schedule",
    None,
    "How the weight of the KL term gets from 0 to beta: constant (it is beta from the start), "
    "linear, sigmoid or cyclical (four times). (default: linear; constant for digits, time series, "
    "music, iwae, dreg and with a capacity)",
)
flags.DEFINE_integer(
    "kl_warmup_steps",
    None,
    "Optimizer steps that this takes. (default: a quarter of training, half with cyclical or a "
    "capacity)",
)
flags.DEFINE_float(
    "free_bits", 0.0, "Nats of each latent dimension below which its KL costs nothing more."
)
flags.DEFINE_float(
    "capacity",
    None,
    "Nats that KL is drawn to, a target that rises from 0 in kl_warmup_steps; beta weighs the "
    "distance. (default: no target)",
)
flags.DEFINE_enum(
    "supervision",
    "none",
    ["none", "shared", "private"],
    "Whether labels guide the latent space: not, all of it, or all but as many dimensions again "
    "that the decoder alone sees.",
)
flags.DEFINE_float("supervision_weight", None, "Weight of the label term. (default: 50)")
flags.DEFINE_float("label_fraction", 1.0, "Share of the training examples whose label is used.")
flags.DEFINE_integer("vocab_size", None, "Documents: most terms. (default: 10,000)")
flags.DEFINE_string(
    "text_split",
    None,
    "Documents: by_date (the official split of newsgroups) or random (60/20/20 % of all). "
    "(default: by_date for newsgroups, otherwise random)",
)
flags.DEFINE_string(
    "text_strip", None, "Newsgroups: none, or of headers,footers,quotes. (default: none)"
)
flags.DEFINE_string(
    "text_weighting",
    None,
    "Documents: what the encoder sees, tfidf, counts or binary. (default: tfidf)",
)
flags.DEFINE_string(
    "text_target",
    None,
    "Documents: what the decoder explains in training, tfidf or counts. (default: tfidf)",
)
flags.DEFINE_float(
    "idf_power", None, "Documents: power of idf in what the encoder reads; a target has twice it."
)
flags.DEFINE_float("term_scale", None, "Documents: length of the vector that the encoder reads.")
flags.DEFINE_float("target_length", None, "Documents: words that each stands for in training.")
flags.DEFINE_integer(
    "neighbours", None, "Documents: similar ones that share in what the decoder explains."
)
flags.DEFINE_string("stop_words", None, "Documents: english or none. (default: english)")
flags.DEFINE_float("min_df", None, "Documents: least number, or share, that a term is in.")
flags.DEFINE_float("max_df", None, "Documents: greatest share, or number, that a term is in.")
flags.DEFINE_float("term_dropout", None, "Documents: fraction of terms hidden in training.")
flags.DEFINE_bool("bounded", None, "Documents: whether means lie between -1 and 1.")
flags.DEFINE_float(
    "posterior_scale", None, "Documents: standard deviation of q(z|x), fixed; 0: learned."
)
flags.DEFINE_float("balance", None, "Documents: weight of the penalty on one-sided dimensions.")
flags.DEFINE_integer("max_length", None, "Documents, lstm and gru: most words of a sequence.")
flags.DEFINE_integer("embedding_dim", None, "Documents, lstm and gru: size of a word's vector.")
flags.DEFINE_string(
    "embeddings", None, "Documents, lstm and gru: text file of word vectors to begin with."
)
flags.DEFINE_integer(
    "seed", 0, "Fixes initialisation, data order, dynamic binarization and sampling."
)
flags.DEFINE_integer("seeds", 1, "Number of runs for each encoder, with seeds seed, seed + 1, ...")
flags.DEFINE_integer(
    "eval_samples", 10, "Posterior samples for each test example in the final bound."
)
flags.DEFINE_integer(
    "nll_samples",
    None,
    "Importance samples for each test example in the final estimate of its likelihood; 0: none. "
    "(default: 0 for documents, otherwise 100)",
)
flags.DEFINE_string(
    "checkpoint_every",
    None,
    "How often to save what --resume continues from, such as 500steps or 2epochs. (default: "
    "whenever 30 seconds have passed)",
)
flags.DEFINE_string(
    "precision",
    "float32",
    "float32, mixed_float16 or mixed_bfloat16 (products in 16 bits, weights and sums in 32).",
)
flags.DEFINE_bool(
    "deterministic",
    False,
    "Leave out operations that add in any order, as some do on a GPU. On a CPU equal settings give "
    "equal figures without it.",
)
flags.DEFINE_string(
    "strategy",
    "none",
    "none, mirrored (all GPUs of this process) or multi_worker (the processes that the environment "
    "variable TF_CONFIG names).",
)
flags.DEFINE_string(
    "export_dir",
    None,
    "Folder to export the trained model to for TF Serving; of several runs, the folder in which "
    "each has its own. (default: no export)",
)
flags.DEFINE_bool("overwrite", False, "Replace a run that is in the way.")
flags.DEFINE_bool("resume", False, "Continue an unfinished run from its last checkpoint.")


def load_tensorflow():
    """Says so and imports TensorFlow, without its greetings unless TF_CPP_MIN_LOG_LEVEL=0.

    It writes them to file descriptor 2 before that setting takes effect.
    """
    print("Loading TensorFlow ...", flush=True)
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") == "0":
        return
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        import tensorflow as tf

        tf.config.list_physical_devices()
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def parse_flags(argv):
    """Parses the command line; answers a mistake with one line and exit status 2."""
    if any(argument in ("--help", "-help", "-h") for argument in argv):
        print(__doc__)
        print(FLAGS.main_module_help())
        sys.exit(0)
    try:
        rest = FLAGS(argv)
    except flags.Error as error:
        fail(2, _one_line(error))
    if len(rest) > 1:
        fail(2, f"Arguments must be flags, --name=value. Received: {' '.join(rest[1:])}")
    return rest


def _one_line(error):
    """What absl says of a flag, in the words that the other settings use."""
    match = re.match(r"flag --(\w+)=(.*?): ", str(error), re.DOTALL)
    if not match:
        return " ".join(str(error).split())
    name, value = match.groups()
    expected = FLAGS[name].parser.syntactic_help
    return f"`{name}` must be {expected}. Received: {name}={value!r}"


def fail(status, message):
    """Prints one line and ends the program."""
    print("train_main.py:", " ".join(str(message).split()), file=sys.stderr)
    sys.exit(status)


def put_off_package():
    """Lets modules of keras_vrae be imported before Keras, and returns what makes up for it.

    `import keras_vrae` loads Keras, so that the classes of a `.keras` file are known to it, which
    takes seconds. The modules that check settings need nothing of that.
    """
    spec = importlib.util.find_spec("keras_vrae")
    package = sys.modules[spec.name] = importlib.util.module_from_spec(spec)

    def load_package():
        load_tensorflow()
        spec.loader.exec_module(package)

    return load_package


def tensorflow_errors():
    """What TensorFlow raises, as a tuple; nothing before it is loaded."""
    tensorflow = sys.modules.get("tensorflow")
    return (tensorflow.errors.OpError,) if tensorflow else ()


def share_cores(config):
    """Gives the cores of this process to the operations of a run as is fastest for it."""
    from keras_vrae.backend.tensorflow.threads import one_thread_per_operation

    # The operations on a whole vocabulary are few, large, and wait for each other.
    if not (config.is_text and config.encoder == "dense"):
        one_thread_per_operation()


def main(_):
    """Runs what the flags ask for."""
    if not FLAGS["verbosity"].present:
        logging.set_verbosity(logging.WARNING)  # TensorFlow tells of every part of an export.
    load_package = put_off_package()
    from keras_vrae.training import ExperimentConfig
    from keras_vrae.training.plan import plan_runs
    from keras_vrae.training.termination import EXIT_STATUS, Terminated
    from keras_vrae.validation import SettingError

    names = {field.name for field in dataclasses.fields(ExperimentConfig)}
    settings = {name: FLAGS[name].value for name in names - {"encoder"}}
    existing = {"overwrite": FLAGS.overwrite, "resume": FLAGS.resume}
    try:
        runs = plan_runs(settings, FLAGS.encoder, FLAGS.seeds, FLAGS.run_dir, **existing)
        load_package()
        from keras_vrae.study import run_study

        run_study(runs, **existing, export_dir=FLAGS.export_dir, prepare=share_cores)
    except SettingError as error:
        fail(2, error)
    except (ValueError, OSError, MemoryError, ImportError, *tensorflow_errors()) as error:
        fail(1, error or type(error).__name__)
    except Terminated as request:
        fail(EXIT_STATUS, request)
    except KeyboardInterrupt:
        fail(130, "Interrupted. Continue with the same flags and --resume")


if __name__ == "__mp_main__":
    load_tensorflow()  # This is the process of one run among several.

if __name__ == "__main__":
    app.run(main, flags_parser=parse_flags)
