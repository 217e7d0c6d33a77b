"""A VAE in PyTorch: data in memory as one tensor, the fused bound, three ways to run the step."""

import itertools

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class VAE(nn.Module):
    """The network; `forward` gives the loss of a batch."""

    def __init__(self, encoder, event_shape, hidden_units, latent_dim):
        super().__init__()
        features, units = event_shape[1], hidden_units
        values = event_shape[0] * event_shape[1]
        self.recurrent = encoder != "dense"
        if self.recurrent:
            kind = {"lstm": nn.LSTM, "gru": nn.GRU}[encoder]
            self.encoder = kind(features, units, batch_first=True)
        else:
            hidden = nn.Linear(values, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU()
            self.encoder = nn.Sequential(nn.Flatten(), *hidden)
        self.z_mean = nn.Linear(units, latent_dim)
        self.z_log_var = nn.Linear(units, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, units),
            nn.ReLU(),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Linear(units, values),
        )

    def encode(self, x):
        """`z_mean` and `z_log_var`."""
        if self.recurrent:
            _, state = self.encoder(x)
            hidden = (state[0] if isinstance(state, tuple) else state)[-1]
        else:
            hidden = self.encoder(x)
        return self.z_mean(hidden), self.z_log_var(hidden)

    def forward(self, x):
        z_mean, z_log_var = self.encode(x)
        z = z_mean + torch.exp(0.5 * z_log_var) * torch.randn_like(z_mean)
        logits = self.decoder(z)
        reconstruction = functional.binary_cross_entropy_with_logits(
            logits, x.flatten(1), reduction="sum"
        )
        kl = -0.5 * torch.sum(1 + z_log_var - z_mean.square() - z_log_var.exp())
        return (reconstruction + kl) / len(x)


def make(task, variant):
    """Returns the turns of `harness.Contender`; `variant` is `"eager"`, `"fused"` or `"compile"`.

    `"fused"` is eager with the fused kernel of Adam, `"compile"` that and `torch.compile`.
    """
    torch.manual_seed(0)
    x = torch.from_numpy(np.load(task.images))
    model = VAE(task.encoder, x.shape[1:], task.hidden_units, latent_dim=2)
    fused = None if variant == "eager" else True
    optimizer = torch.optim.Adam(model.parameters(), fused=fused)
    loss_of, encode = model, model.encode
    if variant == "compile":
        loss_of, encode = torch.compile(model), torch.compile(model.encode)

    def train():
        orders = [torch.randperm(len(x)).split(task.batch_size) for _ in range(task.epochs)]
        for rows in itertools.chain(*orders):
            optimizer.zero_grad()
            loss = loss_of(x[rows])
            loss.backward()
            optimizer.step()
        loss.item()

    @torch.inference_mode()
    def encode_all():
        parts = [encode(batch) for batch in x.split(task.encode_batch)]
        return [torch.cat(tensors).numpy() for tensors in zip(*parts, strict=True)]

    return {"train": train, "encode": encode_all}
