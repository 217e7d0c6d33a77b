"""Callbacks for `fit` that look at the latent space while a model trains.

Each encodes the examples it is given after the first epoch of a call of `fit`, after every epoch
whose number, counted from 1, `every` divides, and after the last one; the last is also one in which
a callback earlier in the list stops training. The other epochs cost nothing.
"""

from keras_vrae.callbacks.collapse import CollapseWarning, PosteriorCollapseWarning
from keras_vrae.callbacks.latent import LatentCallback
from keras_vrae.callbacks.metrics import LatentMetrics
from keras_vrae.callbacks.plots import LatentPlots

__all__ = [
    "CollapseWarning",
    "LatentCallback",
    "LatentMetrics",
    "LatentPlots",
    "PosteriorCollapseWarning",
]
