"""This package as a contender on JAX or PyTorch."""

import os


def make(task, variant):
    """Returns the turns of `harness.Contender`, compiled."""
    os.environ["KERAS_BACKEND"] = variant
    import keras

    import keras_vrae
    from benchmarks.gpu import data_of

    if task.precision != "float32":
        keras.config.set_dtype_policy(f"mixed_{task.precision}")
    turns = {}
    for name, work in task.works.items():
        x, lengths = data_of(work)
        vae = keras_vrae.build(
            work["encoder"],
            x.shape[1:],
            latent_dim=2,
            hidden_units=task.units,
            likelihood="gaussian" if work["masked"] else "bernoulli",
        )
        vae.compile("adam")
        data = x if lengths is None else {"x": x, "lengths": lengths}

        def train(vae=vae, data=data, size=work["batch_size"]):
            vae.fit(data, batch_size=size, verbose=0)

        train()
        turns[name] = train
    return turns
