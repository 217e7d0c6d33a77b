"""Trains a variational autoencoder, evaluates it, and writes the run to a folder.

    python train_main.py --encoder=lstm
    python train_main.py --encoder=dense,lstm,gru --dataset=mnist --data_dir=FOLDER

Several encoders, or several seeds, are trained one after the other and compared.
"""

from functools import partial

from absl import flags

from keras_vrae_cli.flags import parsers

FLAGS = flags.FlagValues()
parsed = partial(flags.DEFINE, flag_values=FLAGS, serializer=flags.ArgumentSerializer())
text = partial(flags.DEFINE_string, flag_values=FLAGS)
switch = partial(flags.DEFINE_bool, flag_values=FLAGS)
integer = partial(flags.DEFINE_integer, lower_bound=1, flag_values=FLAGS)
number = partial(flags.DEFINE_float, lower_bound=0.0, flag_values=FLAGS)
choice = partial(flags.DEFINE_enum, flag_values=FLAGS)

NETWORKS = ("dense", "lstm", "gru")
parsed(
    parsers.OneOf(NETWORKS, several=True),
    "encoder",
    None,
    "Inference network, or several with commas between them: dense, lstm, gru. (default: dense for "
    "time series all of one length, otherwise lstm)",
)
choice(
    "decoder",
    None,
    NETWORKS,
    "Generative network. (default: lstm for time series and music of unequal lengths of which one "
    "has more than 64 steps, otherwise dense)",
)
integer("latent_dim", None, "Number of latent dimensions. (default: 32 for documents, otherwise 2)")
integer(
    "hidden_units",
    None,
    "Units of each hidden layer of the encoder and the decoder. (default: 128 for time series, "
    "otherwise 500)",
)
integer("recurrent_layers", 1, "Number of stacked layers of a recurrent encoder or decoder.")
switch("bidirectional", False, "Let a recurrent encoder read x in both directions.")
switch("reverse_input", False, "Let a recurrent encoder read x from the last step to the first.")
choice(
    "decoder_inputs",
    "zero",
    ["zero", "teacher", "own"],
    "Inputs of a recurrent decoder at each step: zero (z sets the first state and is all that the "
    "decoder reads), teacher (the previous step, which is the true one in training) or own (the "
    "previous step that the decoder wrote).",
)
switch("z_at_every_step", False, "Let a recurrent decoder read z at every step too.")
number(
    "word_dropout",
    0.0,
    "Fraction of the steps that are hidden from a decoder with teacher inputs in training.",
    upper_bound=1.0,
)
choice(
    "likelihood",
    None,
    ["bernoulli", "gaussian", "multinomial", "categorical"],
    "Distribution of a value given z. multinomial is for documents, categorical for time series of "
    "tokens, which are whole numbers from 0. (default: gaussian for digits and time series, "
    "multinomial for documents, otherwise bernoulli)",
)
parsed(
    parsers.SCALE,
    "likelihood_scale",
    None,
    "Standard deviation of the gaussian likelihood: learned (one for all values), per_value (an "
    "output of the decoder) or a number. (default: learned)",
)
choice(
    "prior",
    "normal",
    ["normal", "mixture", "vamp"],
    "Prior of z: the standard normal distribution, a learned mixture of Gaussians, or a VampPrior, "
    "the mixture of the posteriors of learned pseudo-inputs.",
)
integer(
    "prior_components",
    None,
    "Number of components of the mixture, or of pseudo-inputs of the VampPrior. (default: 10 for "
    "mixture, 500 for vamp)",
)

parsed(
    parsers.DATASET,
    "dataset",
    "digits",
    "digits (installed with scikit-learn, needs no network), mnist, fashion_mnist, kmnist, or "
    "tfds:NAME for any labelled images of one size in tensorflow-datasets; timeseries:PATH for "
    "time series in a table (.csv, .tsv, .jsonl, .json, .parquet) or a .npz or .ts file, or "
    "timeseries:NAME for a set that is installed with aeon; chorales (by Bach, in music21) or "
    "midi:PATH for a folder of MIDI files, as piano rolls; newsgroups, or text:PATH for your own "
    "documents: a folder of folders, a table or a plain file; tfrecord:GLOB for shards that "
    "python -m keras_vrae.datasets.tfrecord wrote, which are read during training.",
)
parsed(
    parsers.FOLDER,
    "data_dir",
    None,
    "Folder of the data: the four IDX files of the MNIST family, gzipped or not; or the data of "
    "tensorflow-datasets; or the cache of scikit-learn for newsgroups.",
)
integer("window", None, "Cut time series into windows of this many steps. (default: no windows)")
integer("stride", None, "Steps from one window to the next. (default: the length of a window)")
choice(
    "missing",
    "refuse",
    ["refuse", "interpolate"],
    "Treatment of missing values of a time series: refuse them, or interpolate linearly between "
    "their neighbours in time.",
)
number(
    "max_gap",
    None,
    "Time series with windows: no window runs across a gap in time of more than so many median "
    "steps; 0: windows across any gap. (default: 10)",
)
text(
    "id_column",
    None,
    "Tables: column that names the series of a row; empty for none. (default: a column named id, "
    "series_id, unique_id or the like)",
)
text(
    "time_column",
    None,
    "Tables: column of the time of a row; empty for none. (default: a column named time, "
    "timestamp, date, ds or the like)",
)
text(
    "label_column",
    None,
    "Tables: column of the class; empty for none. (default: a column named label, class, target or "
    "category)",
)
text(
    "delimiter",
    None,
    "Tables: character between cells, or tab. (default: a comma in .csv, a tab in .tsv)",
)
choice("decimal", None, [".", ","], "Tables of time series: decimal sign. (default: .)")
choice(
    "scaling",
    None,
    ["standard", "none"],
    "standard subtracts the mean of each channel of a time series and divides by its standard "
    "deviation, both of the training part. (default: standard with gaussian, otherwise none)",
)
choice(
    "binarization",
    None,
    ["dynamic", "fixed", "none"],
    "dynamic: grey levels are probabilities, from which pixels are drawn again in each epoch; "
    "fixed: drawn once. (default: dynamic with bernoulli, fixed for music, otherwise none)",
)

integer(
    "epochs",
    None,
    "Passes over the training part. (default: 60 for digits and music, as updates say for time "
    "series, 14 for documents, 12 with labels and up to 16 dimensions, otherwise 20)",
)
integer(
    "updates",
    None,
    "Optimizer steps of training, rounded up to whole epochs, instead of epochs. (default: 2,000 "
    "for time series; otherwise epochs say it)",
)
integer(
    "patience",
    None,
    "Stop training after so many epochs in which the objective of the validation part did not "
    "improve, and keep the weights of the best epoch. (default: 100 for time series; otherwise "
    "train to the end, and keep the last weights)",
)
integer(
    "batch_size",
    None,
    "Examples in a mini-batch. (default: 32 for digits, time series and music, 256 for documents, "
    "otherwise 128)",
)
parsed(
    parsers.POSITIVE,
    "learning_rate",
    None,
    "Learning rate of Adam at the start. (default: 0.006 for documents; 0.002 for documents with "
    "labels, and 0.004 up to 16 dimensions; otherwise 0.002)",
)
choice(
    "learning_rate_schedule",
    "cosine",
    ["cosine", "constant"],
    "cosine lowers the learning rate along half a cosine to 0, for documents to a tenth.",
)
number(
    "clipnorm",
    None,
    "Scale gradients down to this norm over all weights if theirs is larger; 0: never. (default: 0 "
    "for documents, otherwise 20)",
)
choice(
    "objective",
    "elbo",
    ["elbo", "iwae", "dreg"],
    "The evidence lower bound; the importance-weighted bound; or the latter with the doubly "
    "reparameterized gradient, which has less variance.",
)
integer(
    "importance_samples",
    None,
    "Posterior samples per example in a training step. (default: 1 with elbo, otherwise 5)",
)
number("beta", 1.0, "Weight of the KL term, with elbo. With a schedule, its weight at the end.")
choice(
    "kl_schedule",
    None,
    ["constant", "linear", "sigmoid", "cyclical"],
    "Path of the weight of the KL term from 0 to beta; constant is beta from the start, cyclical "
    "rises four times. (default: linear; constant for digits, time series, music, iwae, dreg and "
    "with a capacity)",
)
integer(
    "kl_warmup_steps",
    None,
    "Optimizer steps of that path. (default: a quarter of training, half with cyclical or a "
    "capacity)",
)
number("free_bits", 0.0, "Nats of each latent dimension up to which its KL costs nothing.")
number(
    "capacity",
    None,
    "Target of the KL term in nats, which rises from 0 in kl_warmup_steps; beta weighs the "
    "distance from it. (default: no target)",
)
choice(
    "supervision",
    "none",
    ["none", "shared", "private"],
    "Use of labels: none; shared: labels guide all latent dimensions; private: the model has as "
    "many more dimensions, which labels do not guide.",
)
number("supervision_weight", None, "Weight of the label term. (default: 50)")
number(
    "label_fraction",
    1.0,
    "Fraction of the training examples whose label is used.",
    upper_bound=1.0,
)

integer("vocab_size", None, "Documents: largest number of terms. (default: 10,000)")
choice(
    "text_split",
    None,
    ["by_date", "random"],
    "Documents: by_date is the official split of newsgroups, random takes 60/20/20 %. (default: "
    "by_date for newsgroups, otherwise random)",
)
parsed(
    parsers.OneOf(("none", "headers", "footers", "quotes"), several=True),
    "text_strip",
    None,
    "Newsgroups: parts to remove, with commas between them: headers, footers, quotes. (default: "
    "none)",
)
choice(
    "text_weighting",
    None,
    ["counts", "binary", "tfidf"],
    "Documents: weights of the terms that the encoder reads. (default: tfidf)",
)
choice(
    "text_target",
    None,
    ["counts", "tfidf"],
    "Documents: weights of the terms that the decoder explains in training. (default: tfidf)",
)
number(
    "idf_power",
    None,
    "Documents: power of the idf in the weights that the encoder reads; those of the target have "
    "twice this power.",
)
parsed(
    parsers.POSITIVE,
    "term_scale",
    None,
    "Documents: length of the vector of weights that the encoder reads.",
)
parsed(
    parsers.POSITIVE,
    "target_length",
    None,
    "Documents: number of words that each document counts for in training.",
)
integer(
    "neighbours",
    None,
    "Documents: number of similar documents that share in the target of the decoder.",
    lower_bound=0,
)
choice("stop_words", None, ["english", "none"], "Documents: words to omit. (default: english)")
parsed(
    parsers.POSITIVE,
    "min_df",
    None,
    "Documents: smallest number of documents, or fraction below 1, that a term must be in. "
    "(default: 1)",
)
parsed(
    parsers.POSITIVE,
    "max_df",
    None,
    "Documents: largest fraction of the documents, or number above 1, that a term may be in. "
    "(default: 1.0, all of them)",
)
parsed(
    parsers.FRACTION,
    "term_dropout",
    None,
    "Documents: fraction of the terms of a document that are hidden in training.",
)
switch("bounded", None, "Documents: keep the means of q(z|x) between -1 and 1. (default: true)")
number("posterior_scale", None, "Documents: fixed standard deviation of q(z|x); 0: learned.")
number("balance", None, "Documents: weight of the penalty on one-sided latent dimensions.")
integer("max_length", None, "Documents, lstm and gru: longest sequence in words. (default: 64)")
integer("embedding_dim", None, "Documents, lstm and gru: size of a word vector. (default: 100)")
text("embeddings", None, "Documents, lstm and gru: text file of word vectors to start from.")

text(
    "config",
    None,
    "JSON file of settings, such as the config.json of a run; flags that are given override it. "
    "(default: no file)",
)
text(
    "run_dir",
    None,
    "Folder of the run; of several runs, the folder that holds theirs. "
    "(default: runs/<dataset>-<encoder>, where one is named; of several runs: runs)",
)
integer(
    "seed",
    0,
    "Seed of initialization, data order, dynamic binarization and sampling.",
    lower_bound=0,
)
integer("seeds", 1, "Number of runs per encoder, with the seeds seed, seed + 1, ...")
integer("eval_samples", 10, "Posterior samples per test example for the final bound.")
integer(
    "nll_samples",
    None,
    "Importance samples per test example for the final estimate of its likelihood; 0: no estimate. "
    "(default: 0 for documents, otherwise 100)",
    lower_bound=0,
)
parsed(
    parsers.INTERVAL,
    "checkpoint_every",
    None,
    "Interval between checkpoints, from which --resume continues, such as 500steps or 2epochs. "
    "(default: 30 seconds)",
)
choice(
    "precision",
    "float32",
    ["float32", "mixed_float16", "mixed_bfloat16"],
    "The mixed precisions compute products in 16 bits, and keep weights and sums in 32 bits.",
)
switch(
    "deterministic",
    False,
    "Use no operation that adds in any order, as some do on a GPU. On a CPU equal settings give "
    "equal results in any case.",
)
choice(
    "backend",
    None,
    ["tensorflow", "jax", "torch"],
    "Backend of Keras. (default: the environment variable KERAS_BACKEND, or tensorflow)",
)
choice(
    "strategy",
    "none",
    ["none", "mirrored", "multi_worker"],
    "mirrored: train on all GPUs of this process; multi_worker: on the processes that the "
    "environment variable TF_CONFIG names.",
)
text(
    "export_dir",
    None,
    "Folder to export the trained model to for TF Serving; of several runs, the folder that holds "
    "their exports. (default: no export)",
)
flags.DEFINE_multi_string(
    "callback",
    [],
    "MODULE:CLASS of a Keras callback of your own, or of a function that makes one; may be given "
    "several times. (default: none)",
    flag_values=FLAGS,
)
switch(
    "tensorboard",
    False,
    "Write the history for TensorBoard to the folder tensorboard of the run.",
)
switch("overwrite", False, "Replace an earlier run in the folder.")
switch("resume", False, "Continue an unfinished run from its last checkpoint.")

# Names of all flags by subject, and those that `--help` shows first.
GROUPS = {
    "data": (
        "dataset",
        "data_dir",
        "id_column",
        "time_column",
        "label_column",
        "delimiter",
        "decimal",
        "window",
        "stride",
        "missing",
        "max_gap",
        "scaling",
        "binarization",
    ),
    "model": (
        "encoder",
        "latent_dim",
        "hidden_units",
        "recurrent_layers",
        "bidirectional",
        "reverse_input",
        "likelihood",
        "likelihood_scale",
        "prior",
        "prior_components",
    ),
    "decoder": ("decoder", "decoder_inputs", "z_at_every_step", "word_dropout"),
    "training": (
        "epochs",
        "updates",
        "patience",
        "batch_size",
        "learning_rate",
        "learning_rate_schedule",
        "clipnorm",
        "seed",
        "seeds",
        "backend",
        "precision",
        "deterministic",
    ),
    "objective": (
        "objective",
        "importance_samples",
        "beta",
        "kl_schedule",
        "kl_warmup_steps",
        "free_bits",
        "capacity",
        "supervision",
        "supervision_weight",
        "label_fraction",
    ),
    "evaluation": ("eval_samples", "nll_samples"),
    "output": (
        "config",
        "run_dir",
        "overwrite",
        "resume",
        "checkpoint_every",
        "export_dir",
        "callback",
        "tensorboard",
    ),
    "documents": (
        "vocab_size",
        "text_split",
        "text_strip",
        "text_weighting",
        "text_target",
        "idf_power",
        "term_scale",
        "target_length",
        "neighbours",
        "stop_words",
        "min_df",
        "max_df",
        "term_dropout",
        "bounded",
        "posterior_scale",
        "balance",
        "max_length",
        "embedding_dim",
        "embeddings",
    ),
    "distributed": ("strategy",),
}
MOST_USED = ("dataset", "data_dir", "encoder", "decoder", "latent_dim", "likelihood", "epochs")
MOST_USED += ("seeds", "run_dir", "config")
