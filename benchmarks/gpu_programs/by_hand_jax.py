"""The same model in JAX, written by hand: data on the device, a compiled step, a scan over time."""

import functools
import math

import jax
import numpy as np
from jax import lax, nn
from jax import numpy as jnp


def dense(key, inputs, outputs):
    """Parameters of a dense layer."""
    return {"w": nn.initializers.glorot_uniform()(key, (inputs, outputs)), "b": jnp.zeros(outputs)}


def parameters_of(key, work, units):
    """All parameters, a tree of arrays."""
    keys = iter(jax.random.split(key, 12))
    _, steps, features = work["shape"]
    if work["encoder"] == "dense":
        encoder = [dense(next(keys), steps * features, units), dense(next(keys), units, units)]
    else:
        width = {"lstm": 4, "gru": 3}[work["encoder"]] * units
        recurrent = nn.initializers.orthogonal()(next(keys), (units, width))
        encoder = {**dense(next(keys), features, width), "u": recurrent, "ub": jnp.zeros(width)}
    sizes = ((2, units), (units, units), (units, steps * features))
    decoder = [dense(next(keys), *size) for size in sizes]
    return {"encoder": encoder, "heads": dense(next(keys), units, 4), "decoder": decoder}


def lstm_step(layer, state, projected):
    """One step of an LSTM."""
    i, f, g, o = jnp.split(projected + state[0] @ layer["u"], 4, axis=-1)
    c = nn.sigmoid(f) * state[1] + nn.sigmoid(i) * jnp.tanh(g)
    return nn.sigmoid(o) * jnp.tanh(c), c


def gru_step(layer, state, projected):
    """One step of a GRU, the reset gate after the product."""
    z, r, g = jnp.split(projected, 3, axis=-1)
    z_h, r_h, g_h = jnp.split(state[0] @ layer["u"] + layer["ub"], 3, axis=-1)
    z, r = nn.sigmoid(z + z_h), nn.sigmoid(r + r_h)
    return (z * state[0] + (1 - z) * jnp.tanh(g + r * g_h),)


def last_state(layer, x, lengths, kind):
    """The last output of a recurrent layer, of each sequence at its own end."""
    step, arrays = {"lstm": (lstm_step, 2), "gru": (gru_step, 1)}[kind]
    projected = x.swapaxes(0, 1) @ layer["w"] + layer["b"]

    def advance(state, inputs):
        number, part = inputs
        after = step(layer, state, part)
        if lengths is not None:
            valid = (number < lengths)[:, None]
            after = tuple(jnp.where(valid, a, b) for a, b in zip(after, state, strict=True))
        return after, None

    zeros = jnp.zeros((len(x), layer["u"].shape[0]), x.dtype)
    state, _ = lax.scan(advance, (zeros,) * arrays, (jnp.arange(x.shape[1]), projected))
    return state[0]


def loss(parameters, x, lengths, key, kind, dtype):
    """The negative evidence lower bound, the mean over a batch."""
    parameters = jax.tree.map(lambda leaf: leaf.astype(dtype), parameters)
    hidden = x.astype(dtype)
    if kind == "dense":
        hidden = hidden.reshape(len(x), -1)
        for layer in parameters["encoder"]:
            hidden = nn.relu(hidden @ layer["w"] + layer["b"])
    else:
        hidden = last_state(parameters["encoder"], hidden, lengths, kind)
    heads = hidden @ parameters["heads"]["w"] + parameters["heads"]["b"]
    z_mean, z_log_var = jnp.split(heads.astype("float32"), 2, axis=1)
    z = z_mean + jnp.exp(0.5 * z_log_var) * jax.random.normal(key, z_mean.shape)
    hidden, *layers = z.astype(dtype), *parameters["decoder"]
    for layer in layers[:-1]:
        hidden = nn.relu(hidden @ layer["w"] + layer["b"])
    found = (hidden @ layers[-1]["w"] + layers[-1]["b"]).astype("float32").reshape(x.shape)
    if lengths is None:
        values = nn.softplus(found) - x * found
    else:
        values = 0.5 * (jnp.square(x - found) + math.log(2 * math.pi))
        values *= (jnp.arange(x.shape[1]) < lengths[:, None])[..., None]
    kl = -0.5 * jnp.sum(1 + z_log_var - z_mean**2 - jnp.exp(z_log_var), axis=1)
    return jnp.mean(jnp.sum(values, axis=(1, 2)) + kl)


def adam(state, gradient, rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """One step of Adam on `(parameters, first moments, second moments, steps)`."""
    parameters, first, second, steps = state
    steps += 1
    first = jax.tree.map(lambda m, g: beta_1 * m + (1 - beta_1) * g, first, gradient)
    second = jax.tree.map(lambda v, g: beta_2 * v + (1 - beta_2) * g * g, second, gradient)
    rate *= jnp.sqrt(1 - beta_2**steps) / (1 - beta_1**steps)
    parameters = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) + epsilon), parameters, first, second
    )
    return parameters, first, second, steps


def make(task, variant=None):
    """Returns the turns of `harness.Contender`, compiled."""
    from benchmarks.gpu import data_of

    turns = {}
    for name, work in task.works.items():
        x, lengths = (None if part is None else jnp.asarray(part) for part in data_of(work))
        parameters = parameters_of(jax.random.key(0), work, task.units)
        moments = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
        cell = {"state": ((parameters, *moments, jnp.zeros(())), jax.random.key(1))}

        @functools.partial(jax.jit, donate_argnums=0)
        def step(state, x, lengths, rows, work=work):
            optimized, key = state
            key, noise = jax.random.split(key)
            part = None if lengths is None else lengths[rows]
            gradient = jax.grad(loss)(
                optimized[0], x[rows], part, noise, work["encoder"], task.precision
            )
            return adam(optimized, gradient), key

        shuffler = np.random.default_rng(0)

        def train(cell=cell, step=step, x=x, lengths=lengths, shuffler=shuffler, work=work):
            order = shuffler.permutation(len(x))
            for rows in order.reshape(-1, work["batch_size"]):
                cell["state"] = step(cell["state"], x, lengths, rows)
            jax.block_until_ready(cell["state"][0][0])

        train()
        turns[name] = train
    return turns
