"""The standard normal prior."""

import keras
from keras import ops

from keras_vrae.numerics import gaussian_kl, gaussian_log_prob
from keras_vrae.priors.prior import Prior


@keras.saving.register_keras_serializable(package="keras_vrae")
class StandardNormal(Prior):
    """`p(z) = N(z; 0, I)`, whose divergence from a diagonal Gaussian has a closed form.

    Example:
        >>> prior = keras_vrae.StandardNormal()
        >>> round(float(prior.log_prob(np.zeros((1, 2)))[0]), 4)  # -log(2 pi)
        -1.8379

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114, appendix B.
    """

    factorizes = True

    def log_prob_per_dimension(self, z):
        return gaussian_log_prob(z, 0.0, 0.0)

    def kl_per_dimension(self, posterior):
        return gaussian_kl(posterior.z_mean, posterior.z_log_var)

    def from_noise(self, noise, uniform):
        return ops.convert_to_tensor(noise)

    def sample(self, num_samples, latent_dim, seed=None):
        # A component is not drawn, so that a seed gives the draws it always gave.
        return keras.random.normal((num_samples, latent_dim), seed=seed)

    def quantile(self, u):
        from scipy.special import ndtri

        return ndtri(u)
