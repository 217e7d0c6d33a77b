"""The settings of runs on sequences of tokens, which the categorical likelihood makes of series."""

from keras_vrae.datasets import names as choices
from keras_vrae.validation import SettingError, complaint


def check_tokens(config):
    """Raises `SettingError` where settings do not fit the categorical likelihood."""
    if config.likelihood != "categorical":
        return
    for name, expected, fits in (
        ("dataset", "timeseries:PATH", config.dataset.startswith(choices.SERIES_PREFIX)),
        ("encoder", "lstm or gru", config.encoder != "dense"),
        ("decoder", "lstm or gru", config.decoder != "dense"),
        ("missing", "refuse", config.missing == "refuse"),
    ):
        if not fits:
            expected = f"{expected} with likelihood='categorical'"
            raise SettingError(complaint(name, expected, getattr(config, name)))
