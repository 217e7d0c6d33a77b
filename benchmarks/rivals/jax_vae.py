"""A VAE in JAX: a compiled step over data in memory, a scan over time, Adam of optax."""

import functools

import jax
import numpy as np
import optax
from jax import lax, nn
from jax import numpy as jnp


def dense(key, inputs, outputs):
    """Parameters of a dense layer."""
    return {"w": nn.initializers.glorot_uniform()(key, (inputs, outputs)), "b": jnp.zeros(outputs)}


def apply(layer, x):
    """A dense layer."""
    return x @ layer["w"] + layer["b"]


def make_parameters(key, encoder, event_shape, units, latent_dim):
    """All parameters, a tree of arrays."""
    keys = iter(jax.random.split(key, 12))
    values = event_shape[0] * event_shape[1]
    if encoder == "dense":
        layers = [dense(next(keys), values, units), dense(next(keys), units, units)]
    else:
        width = {"lstm": 4, "gru": 3}[encoder] * units
        recurrent = nn.initializers.orthogonal()(next(keys), (units, width))
        layers = {**dense(next(keys), event_shape[1], width), "u": recurrent}
        layers["recurrent_b"] = jnp.zeros(width)  # The GRU's second bias.
    heads = {name: dense(next(keys), units, latent_dim) for name in ("z_mean", "z_log_var")}
    sizes = ((latent_dim, units), (units, units), (units, values))
    return {"encoder": layers, **heads, "decoder": [dense(next(keys), *size) for size in sizes]}


def last_lstm_state(layer, x):
    """The last output of an LSTM; x is `(B, T, D)`. The inputs are projected all at once."""

    def step(carry, projected):
        hidden, cell = carry
        gates = projected + hidden @ layer["u"]
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        cell = nn.sigmoid(f) * cell + nn.sigmoid(i) * jnp.tanh(g)
        return (nn.sigmoid(o) * jnp.tanh(cell), cell), None

    zeros = jnp.zeros((len(x), layer["u"].shape[0]))
    (hidden, _), _ = lax.scan(step, (zeros, zeros), apply(layer, x.swapaxes(0, 1)))
    return hidden


def last_gru_state(layer, x):
    """The last output of a GRU, the reset gate after the product."""

    def step(hidden, projected):
        z, r, n = jnp.split(projected, 3, axis=-1)
        recurrent = hidden @ layer["u"] + layer["recurrent_b"]
        z_h, r_h, n_h = jnp.split(recurrent, 3, axis=-1)
        z, r = nn.sigmoid(z + z_h), nn.sigmoid(r + r_h)
        return z * hidden + (1 - z) * jnp.tanh(n + r * n_h), None

    zeros = jnp.zeros((len(x), layer["u"].shape[0]))
    hidden, _ = lax.scan(step, zeros, apply(layer, x.swapaxes(0, 1)))
    return hidden


def encode(parameters, x, encoder):
    """`z_mean` and `z_log_var`."""
    layers = parameters["encoder"]
    if encoder == "dense":
        hidden = x.reshape(len(x), -1)
        for layer in layers:
            hidden = nn.relu(apply(layer, hidden))
    else:
        hidden = {"lstm": last_lstm_state, "gru": last_gru_state}[encoder](layers, x)
    return apply(parameters["z_mean"], hidden), apply(parameters["z_log_var"], hidden)


def loss(parameters, x, key, encoder):
    """The negative evidence lower bound, the mean over a batch."""
    z_mean, z_log_var = encode(parameters, x, encoder)
    hidden = z_mean + jnp.exp(0.5 * z_log_var) * jax.random.normal(key, z_mean.shape)
    for layer in parameters["decoder"][:-1]:
        hidden = nn.relu(apply(layer, hidden))
    logits = apply(parameters["decoder"][-1], hidden)
    values = x.reshape(len(x), -1)
    reconstruction = jnp.sum(optax.sigmoid_binary_cross_entropy(logits, values), axis=1)
    kl = -0.5 * jnp.sum(1 + z_log_var - z_mean**2 - jnp.exp(z_log_var), axis=1)
    return jnp.mean(reconstruction + kl)


def make(task, variant=None):
    """Returns the turns of `harness.Contender`."""
    x = jnp.asarray(np.load(task.images))
    steps = len(x) // task.batch_size
    key = jax.random.key(0)
    parameters = make_parameters(key, task.encoder, x.shape[1:], task.hidden_units, 2)
    optimizer = optax.adam(1e-3)
    state = {"parameters": parameters, "optimizer": optimizer.init(parameters), "key": key}

    @functools.partial(jax.jit, donate_argnums=0)
    def step(state, x, rows):
        key, noise_key = jax.random.split(state["key"])
        gradient = jax.grad(loss)(state["parameters"], x[rows], noise_key, task.encoder)
        updates, optimizer_state = optimizer.update(gradient, state["optimizer"])
        parameters = optax.apply_updates(state["parameters"], updates)
        return {"parameters": parameters, "optimizer": optimizer_state, "key": key}

    compiled_encode = jax.jit(functools.partial(encode, encoder=task.encoder))
    shuffler = np.random.default_rng(0)

    def train():
        nonlocal state
        for _ in range(task.epochs):
            order = shuffler.permutation(len(x))[: steps * task.batch_size]
            for rows in order.reshape(steps, task.batch_size):
                state = step(state, x, rows)
        jax.block_until_ready(state)

    def encode_all():
        starts = range(0, len(x), task.encode_batch)
        batches = [x[start : start + task.encode_batch] for start in starts]
        parts = [compiled_encode(state["parameters"], batch) for batch in batches]
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]

    return {"train": train, "encode": encode_all}
