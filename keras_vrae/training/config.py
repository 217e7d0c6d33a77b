"""The settings of one run, checked."""

import dataclasses

from keras_vrae.datasets import names as choices
from keras_vrae.training.defaults import defaults_of
from keras_vrae.training.intervals import checkpoint_interval
from keras_vrae.training.text_settings import check_supervision, check_text
from keras_vrae.training.token_settings import check_tokens
from keras_vrae.validation import SettingError, check_choice, check_float, check_int, complaint

SCHEDULES = ("cosine", "constant")
OBJECTIVES = ("elbo", "iwae", "dreg")
KL_SCHEDULES = ("constant", "linear", "sigmoid", "cyclical")
CYCLES = 4  # Of a cyclical weight.
# Settings that change the KL term, and what they are where it stays as it is.
KL_SETTINGS = {"beta": 1.0, "kl_schedule": "constant", "free_bits": 0.0, "capacity": None}
KL_SETTINGS["kl_warmup_steps"] = None
DEFAULT_IMPORTANCE_SAMPLES = 5
# What is a setting of recurrent networks alone, and what it is beside a dense one.
RECURRENT_SETTINGS = {
    "encoder": {"bidirectional": False, "reverse_input": False},
    "decoder": {"decoder_inputs": "zero", "z_at_every_step": False, "word_dropout": 0.0},
}


@dataclasses.dataclass(frozen=True)
class ExperimentConfig:
    """Everything that decides what a run does. None means: what suits the other settings.

    Attributes:
        encoder: inference network, a name in `keras_vrae.datasets.names.ENCODERS`.
        dataset: name of the data set, as in `keras_vrae.datasets.load`.
        data_dir: folder of the data, or None.
        window: for time series, steps of the windows that each is cut into; None for no cut.
        stride: steps from one window to the next; a whole window when None.
        missing: what is done where a value of a time series is missing: `"refuse"` or
            `"interpolate"`.
        scaling: `"standard"` shifts and scales each channel of time series by mean and standard
            deviation of the training part, `"none"` leaves them; what suits the likelihood when
            None.
        epochs: passes over the training part.
        batch_size: examples in a batch.
        learning_rate: step size of Adam at the start.
        learning_rate_schedule: `"cosine"` takes it to zero, of documents to a tenth, along half a
            cosine (Loshchilov and Hutter, 2017, arXiv 1608.03983), `"constant"` keeps it.
        clipnorm: gradients whose norm over all weights is larger are scaled down to it (Pascanu,
            Mikolov and Bengio, 2013, arXiv 1211.5063); 0 leaves them as they are.
        latent_dim: number of latent dimensions.
        hidden_units: units of every hidden layer of encoder and decoder.
        decoder: generative network, a name in `keras_vrae.datasets.names.DECODERS`.
        decoder_inputs: what a recurrent decoder reads at each step: `"zero"`, `"teacher"` or
            `"own"`; see `keras_vrae.LSTMDecoder`.
        z_at_every_step: whether a recurrent decoder reads z at every step as well.
        word_dropout: fraction of the steps hidden from a `"teacher"` decoder in training.
        recurrent_layers: stacked layers of a recurrent encoder, and of a recurrent decoder.
        bidirectional: whether a recurrent encoder reads x in both directions.
        reverse_input: whether it reads x from the last step to the first.
        likelihood: name of the likelihood.
        binarization: `"dynamic"`, `"fixed"` or `"none"`.
        objective: `"elbo"`, `"iwae"` (the importance-weighted bound) or `"dreg"` (the same with the
            doubly reparameterized gradient); see `keras_vrae.ELBO` and `keras_vrae.IWAE`.
        importance_samples: posterior samples of each example in a training step.
        beta: weight of the KL term in the end.
        kl_schedule: how that weight gets there: `"constant"`, `"linear"`, `"sigmoid"` or
            `"cyclical"` (four times).
        kl_warmup_steps: optimizer steps that this takes; a quarter of training when None, and half
            of it for the cycles and for `capacity`.
        free_bits: nats of each latent dimension below which its KL costs nothing more.
        capacity: nats that KL is drawn to, a target that rises from 0 in `kl_warmup_steps`; `beta`
            then weighs the distance. None for no target.
        seed: fixes initialisation, data order, dynamic binarization, sampling and evaluation.
        eval_samples: posterior samples for each test example in the final bound.
        nll_samples: importance samples for each test example in the final estimate of its
            likelihood; 0 for no such estimate.
        checkpoint_every: how often the state of training is saved, such as `"500 steps"` or
            `"2 epochs"`; whenever 30 seconds have passed when None. It changes no figure.
        precision: `"float32"`, or `"mixed_float16"` or `"mixed_bfloat16"`: products in 16 bits,
            weights and sums in 32.
        deterministic: whether operations that add in any order (some do on a GPU) are refused or
            replaced by slower ones. On a CPU equal settings give equal figures without it.
        strategy: `"none"`, `"mirrored"` (all GPUs of the process) or `"multi_worker"` (the
            processes that TF_CONFIG names); `batch_size` counts the examples of all together, and
            checkpoints are of whole epochs.
        supervision: whether labels guide the latent space: `"none"`, `"shared"` (all of it) or
            `"private"` (as many latent dimensions again that labels do not see); see
            `keras_vrae.SupervisedVAE`.
        supervision_weight: weight of the label term; None without supervision.
        label_fraction: share of the training examples whose label is used.
        vocab_size, ..., embeddings: of documents alone, None for other data; see
            `keras_vrae.training.text_settings`.

    Raises:
        SettingError: for a value that cannot be, or two that do not fit each other.
    """

    encoder: str = "lstm"
    dataset: str = "digits"
    data_dir: str | None = None
    window: int | None = None
    stride: int | None = None
    missing: str = "refuse"
    scaling: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    learning_rate_schedule: str = "cosine"
    clipnorm: float | None = None
    latent_dim: int | None = None
    hidden_units: int = 500
    decoder: str = "dense"
    decoder_inputs: str = "zero"
    z_at_every_step: bool = False
    word_dropout: float = 0.0
    recurrent_layers: int = 1
    bidirectional: bool = False
    reverse_input: bool = False
    likelihood: str | None = None
    binarization: str | None = None
    objective: str = "elbo"
    importance_samples: int | None = None
    beta: float = 1.0
    kl_schedule: str | None = None
    kl_warmup_steps: int | None = None
    free_bits: float = 0.0
    capacity: float | None = None
    seed: int = 0
    eval_samples: int = 10
    nll_samples: int | None = None
    checkpoint_every: str | None = None
    precision: str = "float32"
    deterministic: bool = False
    strategy: str = "none"
    supervision: str = "none"
    supervision_weight: float | None = None
    label_fraction: float = 1.0
    vocab_size: int | None = None
    text_split: str | None = None
    text_strip: str | None = None
    text_weighting: str | None = None
    stop_words: str | None = None
    min_df: float | None = None
    max_df: float | None = None
    text_target: str | None = None
    idf_power: float | None = None
    term_scale: float | None = None
    target_length: float | None = None
    neighbours: int | None = None
    term_dropout: float | None = None
    bounded: bool | None = None
    posterior_scale: float | None = None
    balance: float | None = None
    max_length: int | None = None
    embedding_dim: int | None = None
    embeddings: str | None = None

    def __post_init__(self):
        check_choice("encoder", self.encoder, choices.ENCODERS)
        choices.check_dataset(self.dataset)
        defaults = defaults_of(self)
        for name, value in defaults.items():
            self._set_default(name, value)
        self._set_default("kl_schedule", "constant")
        check_choice("likelihood", self.likelihood, choices.LIKELIHOODS)
        check_tokens(self)
        bernoulli = self.likelihood == "bernoulli"
        self._set_default("binarization", "dynamic" if bernoulli else "none")
        check_choice("objective", self.objective, OBJECTIVES)
        elbo = self.objective == "elbo"
        self._set_default("importance_samples", 1 if elbo else DEFAULT_IMPORTANCE_SAMPLES)
        for name in ("epochs", "batch_size", "latent_dim", "hidden_units", "importance_samples"):
            check_int(name, getattr(self, name))
        check_int("eval_samples", self.eval_samples)
        check_int("nll_samples", self.nll_samples, minimum=0)
        check_choice("precision", self.precision, choices.PRECISIONS)
        check_choice("strategy", self.strategy, choices.STRATEGIES)
        if self.strategy != "none":
            self._set_default("checkpoint_every", "1 epoch")
        interval = checkpoint_interval(self.checkpoint_every)
        if self.strategy != "none" and interval[1] == "step":
            expected = f"a number of epochs with strategy={self.strategy!r}"
            raise SettingError(complaint("checkpoint_every", expected, self.checkpoint_every))
        check_int("seed", self.seed, minimum=0, maximum=2**32 - 1)
        check_float("learning_rate", self.learning_rate, above=True)
        check_float("clipnorm", self.clipnorm)
        check_choice("learning_rate_schedule", self.learning_rate_schedule, SCHEDULES)
        check_choice("binarization", self.binarization, choices.BINARIZATIONS)
        if self.binarization != "none" and not bernoulli:
            expected = f"'none' with likelihood={self.likelihood!r}"
            raise SettingError(complaint("binarization", expected, self.binarization))
        self._check_kl()
        self._check_networks()
        self._check_series()
        if choices.is_sharded(self.dataset):
            self._require("label_fraction", 1.0, "with TFRecord shards")
            if self.binarization == "fixed":
                expected = "'dynamic' or 'none' with TFRecord shards"
                raise SettingError(complaint("binarization", expected, self.binarization))
        check_supervision(self)
        check_text(self)

    def _check_series(self):
        check_choice("missing", self.missing, choices.MISSING)
        for name in ("window", "stride"):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name))
        if self.window is None:
            self._require("stride", None, "without a window")
        if not self.is_series:
            for name, usual in {"window": None, "missing": "refuse", "scaling": None}.items():
                self._require(name, usual, f"with dataset={self.dataset!r}")
            return
        gaussian = self.likelihood == "gaussian"
        self._set_default("scaling", "standard" if gaussian else "none")
        check_choice("scaling", self.scaling, choices.SCALINGS)
        if not gaussian or choices.is_music(self.dataset):
            self._require("scaling", "none", f"with likelihood={self.likelihood!r}")

    @property
    def is_series(self):
        """Whether the examples are sequences from files, time series or music."""
        music = choices.is_music(self.dataset)
        return music or self.dataset.startswith(choices.SERIES_PREFIX)

    @property
    def series_options(self):
        """The arguments of `datasets.load` that are for time series."""
        if not self.is_series:
            return {}
        names = ("window", "stride", "missing")
        options = {name: getattr(self, name) for name in names}
        if self.likelihood == "categorical":
            options["tokens"] = True
        return {**options, "standardize": self.scaling == "standard"}

    def _check_networks(self):
        check_choice("decoder", self.decoder, choices.DECODERS)
        check_choice("decoder_inputs", self.decoder_inputs, choices.DECODER_INPUTS)
        check_int("recurrent_layers", self.recurrent_layers)
        check_float("word_dropout", self.word_dropout, maximum=1.0)
        for part, settings in RECURRENT_SETTINGS.items():
            if getattr(self, part) == "dense":
                for name, usual in settings.items():
                    self._require(name, usual, f"with {part}='dense'")
        if self.encoder == self.decoder == "dense":
            self._require("recurrent_layers", 1, "with a dense encoder and decoder")
        if self.decoder_inputs != "teacher":
            self._require("word_dropout", 0.0, f"with decoder_inputs={self.decoder_inputs!r}")

    @property
    def encoder_options(self):
        """The arguments of a recurrent encoder; none for a dense one."""
        if self.encoder == "dense":
            return {}
        return {
            "num_layers": self.recurrent_layers,
            "bidirectional": self.bidirectional,
            "reverse": self.reverse_input,
        }

    @property
    def decoder_options(self):
        """The arguments of a recurrent decoder; none for a dense one."""
        if self.decoder == "dense":
            return {}
        return {
            "num_layers": self.recurrent_layers,
            "inputs": self.decoder_inputs,
            "z_at_every_step": self.z_at_every_step,
            "word_dropout": self.word_dropout,
            "seed": self.seed,
        }

    def _check_kl(self):
        check_float("beta", self.beta)
        check_choice("kl_schedule", self.kl_schedule, KL_SCHEDULES)
        check_float("free_bits", self.free_bits)
        if self.capacity is not None:
            check_float("capacity", self.capacity)
        if self.kl_warmup_steps is not None:
            fewest = CYCLES if self.kl_schedule == "cyclical" else 1
            check_int("kl_warmup_steps", self.kl_warmup_steps, minimum=fewest)
        if self.objective != "elbo":
            for name, usual in KL_SETTINGS.items():
                self._require(name, usual, f"with objective={self.objective!r}")
        elif self.capacity is not None:
            self._require("kl_schedule", "constant", f"with capacity={self.capacity!r}")
            self._require("free_bits", 0.0, f"with capacity={self.capacity!r}")
        elif self.kl_schedule == "constant":
            self._require("kl_warmup_steps", None, "with kl_schedule='constant' and no capacity")

    def _require(self, name, expected, where):
        value = getattr(self, name)
        if value != expected:
            words = "left out" if expected is None else repr(expected)
            raise SettingError(complaint(name, f"{words} {where}", value))

    def _set_default(self, name, value):
        if getattr(self, name) is None:
            object.__setattr__(self, name, value)

    @property
    def is_bound(self):
        """Whether the likelihood is one of the data, so that the figures are bounds on it."""
        return self.likelihood != "bernoulli" or self.binarization != "none"

    @property
    def has_targets(self):
        """Whether training maximises the likelihood of something else than the examples."""
        return self.is_text and (self.text_target != "counts" or self.neighbours > 0)

    @property
    def is_text(self):
        """Whether the examples are documents."""
        return choices.is_text(self.dataset)

    @property
    def objective_text(self):
        """The objective in words, with what is changed of the bound."""
        samples = self.importance_samples
        drawn = "" if samples == 1 else f", {samples} samples"
        changed = [
            f"{name} {getattr(self, name)}"
            for name, usual in KL_SETTINGS.items()
            if getattr(self, name) != usual
        ]
        return ", ".join([f"{self.objective}{drawn}", *changed])

    @property
    def dataset_name(self):
        """The data set's name, fit for a file name."""
        return choices.file_name(self.dataset)

    @property
    def name(self):
        """What to call the run: `<dataset>-<encoder>`, and `-<decoder>` where it is recurrent."""
        decoder = "" if self.decoder == "dense" else f"-{self.decoder}"
        return f"{self.dataset_name}-{self.encoder}{decoder}"

    @classmethod
    def from_dict(cls, settings):
        """The settings of a `config.json`; those that an older version did not write as default."""
        names = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in settings.items() if name in names})

    def as_dict(self):
        """The settings, for `config.json`."""
        return dataclasses.asdict(self)
