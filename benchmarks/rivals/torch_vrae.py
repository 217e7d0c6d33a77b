"""A recurrent VAE in PyTorch for padded sequences; `python torch_vrae.py IN.npz OUT.npz SETTINGS`.

The layout is that of the well-known timeseries-clustering-vae: an LSTM whose last hidden state
gives z by two linear layers, and an LSTM over zeros whose first hidden state is linear in z. Here
it reads and counts the steps that are there alone, and its Gaussian has a learned scale, so the
objective is that of the models beside it. It needs NumPy and PyTorch only.
"""

import json
import math
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class VRAE(nn.Module):
    """The network; `forward` gives the negative bound of each sequence, in nats."""

    def __init__(self, features, units, latent_dim):
        super().__init__()
        self.encoder = nn.LSTM(features, units, batch_first=True)
        self.z_mean = nn.Linear(units, latent_dim)
        self.z_log_var = nn.Linear(units, latent_dim)
        self.first_state = nn.Linear(latent_dim, units)
        self.decoder = nn.LSTM(1, units, batch_first=True)
        self.output = nn.Linear(units, features)
        self.log_scale = nn.Parameter(torch.zeros(()))

    def encode(self, x, lengths):
        """`z_mean` and `z_log_var`."""
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        hidden = self.encoder(packed)[1][0][-1]
        return self.z_mean(hidden), self.z_log_var(hidden)

    def forward(self, x, lengths, beta=1.0):
        mean, log_var = self.encode(x, lengths)
        z = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
        state = self.first_state(z)[None]
        nothing = torch.zeros(*x.shape[:2], 1)
        outputs, _ = self.decoder(nothing, (state, torch.zeros_like(state)))
        standardized = (x - self.output(outputs)) * torch.exp(-self.log_scale)
        log_prob = -0.5 * (standardized**2 + math.log(2 * math.pi)) - self.log_scale
        counts = torch.arange(x.shape[1])[None] < lengths[:, None]
        log_prob = (log_prob.sum(-1) * counts).sum(-1)
        kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(-1)
        return beta * kl - log_prob


def train(x, lengths, epochs, batch_size, units, latent_dim, learning_rate, beta, seed):
    """Trains as the other models are, and returns the network and the seconds of each epoch."""
    torch.manual_seed(seed)
    model = VRAE(x.shape[2], units, latent_dim)
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    steps = epochs * -(-len(x) // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    seconds = []
    for _ in range(epochs):
        begin = time.perf_counter()
        for rows in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            model(x[rows], lengths[rows], beta).mean().backward()
            nn.utils.clip_grad_norm_(model.parameters(), 20.0)
            optimizer.step()
            schedule.step()
        seconds.append(time.perf_counter() - begin)
    return model, seconds


def main(source, target, settings):
    """Trains on `x_train` and writes the codes of both parts, the bound and the times."""
    torch.set_num_threads(settings.pop("threads"))
    arrays = {name: torch.from_numpy(array) for name, array in np.load(source).items()}
    model, seconds = train(arrays["x_train"], arrays["lengths_train"], **settings)
    with torch.no_grad():
        codes = {
            part: model.encode(arrays[f"x_{part}"], arrays[f"lengths_{part}"])[0].numpy()
            for part in ("train", "test")
        }
        loss = model(arrays["x_test"], arrays["lengths_test"]).mean().item()
    parameters = sum(weights.numel() for weights in model.parameters())
    np.savez(
        target,
        **codes,
        loss=loss,
        seconds=seconds,
        parameters=parameters,
        version=torch.__version__,
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
