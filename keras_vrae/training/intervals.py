"""How often something is done while a model trains."""

import re

from keras_vrae.validation import SettingError, complaint

INTERVAL = re.compile(r"(\d{1,12}) ?(step|epoch)s?")


def checkpoint_interval(text):
    """The count and the unit, `"step"` or `"epoch"`, in the words of `checkpoint_every`.

    Raises:
        SettingError: for other words.

    Example:
        >>> from keras_vrae.training.intervals import checkpoint_interval
        >>> checkpoint_interval("500 steps")
        (500, 'step')
    """
    if text is None:
        return None
    match = INTERVAL.fullmatch(text) if isinstance(text, str) else None
    if not match or not int(match[1]):
        expected = "a number of steps or epochs, such as '500steps' or '2epochs'"
        raise SettingError(complaint("checkpoint_every", expected, text))
    return int(match[1]), match[2]
