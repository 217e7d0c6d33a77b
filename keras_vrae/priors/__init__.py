"""Priors `p(z)` over the latent space."""

from keras_vrae.families import Family
from keras_vrae.priors.mixture import MixtureOfGaussians
from keras_vrae.priors.normal import StandardNormal
from keras_vrae.priors.prior import Prior
from keras_vrae.priors.vamp import VampPrior

__all__ = ["PRIORS", "MixtureOfGaussians", "Prior", "StandardNormal", "VampPrior", "get"]

PRIORS = Family(
    "prior", Prior, {"normal": StandardNormal, "mixture": MixtureOfGaussians, "vamp": VampPrior}
)
get = PRIORS.get
