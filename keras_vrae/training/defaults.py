"""What the settings of a run are where nothing is asked for, by its data."""

from keras_vrae.datasets import names as choices
from keras_vrae.training.text_settings import text_defaults

# What suits a data set where nothing is asked for. The digits are few, so that an epoch has few
# steps, and their 17 grey levels are too much to lose to binarization.
DIGITS_DEFAULTS = {"epochs": 60, "batch_size": 32, "likelihood": "gaussian"}
OTHER_DEFAULTS = {
    "epochs": 20,
    "batch_size": 128,
    "likelihood": "bernoulli",
    # Without it an LSTM, above all, is long in finding a use for its few latent dimensions.
    "kl_schedule": "linear",
}
# Time series are few, and real numbers of any size.
SERIES_DEFAULTS = {"epochs": 100, "batch_size": 32, "likelihood": "gaussian"}
DEFAULTS = {"digits": DIGITS_DEFAULTS, choices.SERIES_PREFIX: SERIES_DEFAULTS}
# The keys of a piano are on or off, so that binarization changes nothing.
MUSIC_DEFAULTS = {
    "epochs": 60,
    "batch_size": 32,
    "likelihood": "bernoulli",
    "binarization": "fixed",
}
DEFAULTS |= {choices.CHORALES: MUSIC_DEFAULTS, choices.MIDI_PREFIX: MUSIC_DEFAULTS}
# Of all that are no documents.
OTHER = {"latent_dim": 2, "nll_samples": 100, "learning_rate": 2e-3, "clipnorm": 20.0}


def defaults_of(config):
    """The defaults of the settings that depend on the data, a dict."""
    if choices.is_text(config.dataset):
        guided = config.supervision != "none"
        found = text_defaults(config.dataset, config.encoder, guided, config.latent_dim)
    else:
        found = next((d for name, d in DEFAULTS.items() if config.dataset.startswith(name)), None)
        found = {**(found or OTHER_DEFAULTS), **OTHER}
    if config.objective != "elbo" or config.capacity is not None:
        found.pop("kl_schedule", None)
    return found
