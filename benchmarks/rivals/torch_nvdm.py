"""A variational autoencoder of documents in PyTorch, with two ways to read sparse rows."""

import numpy as np
import torch
from scipy import sparse
from torch import nn


class NVDM(nn.Module):
    """The network; `forward` gives the loss of a batch.

    Args:
        terms, units, latent_dim: sizes.
        first: the first layer, from `terms` to `units`.
    """

    def __init__(self, terms, units, latent_dim, first):
        super().__init__()
        self.first = first
        self.bias = nn.Parameter(torch.zeros(units))
        self.z_mean = nn.Linear(units, latent_dim)
        self.z_log_var = nn.Linear(units, latent_dim)
        self.decoder = nn.Linear(latent_dim, terms)

    def forward(self, weights, counts):
        hidden = torch.relu(self.first(*weights) + self.bias)
        z_mean, z_log_var = self.z_mean(hidden), self.z_log_var(hidden)
        z = z_mean + torch.exp(0.5 * z_log_var) * torch.randn_like(z_mean)
        log_shares = torch.log_softmax(self.decoder(z), dim=-1)
        kl = -0.5 * torch.sum(1 + z_log_var - z_mean.square() - z_log_var.exp())
        return (kl - torch.sum(counts * log_shares)) / len(counts)


def as_bags(rows):
    """What an `EmbeddingBag` takes: numbers of terms, where each document begins, weights."""
    starts = torch.from_numpy(rows.indptr[:-1].astype("int64"))
    return torch.from_numpy(rows.indices.astype("int64")), starts, torch.from_numpy(rows.data)


def as_matrix(rows):
    """The weights as a dense matrix."""
    return (torch.from_numpy(rows.toarray()),)


def make(task, variant):
    """Returns the turns of `harness.Contender`; `variant` is `"bag"` or `"matrix"`."""
    torch.manual_seed(0)
    counts, weights = sparse.load_npz(task.counts), sparse.load_npz(task.weights)
    terms, units = counts.shape[1], task.hidden_units
    if variant == "bag":
        bags = nn.EmbeddingBag(terms, units, mode="sum")
        nn.init.normal_(bags.weight, std=0.1)
        first, read = (lambda words, starts, w: bags(words, starts, per_sample_weights=w)), as_bags
    else:
        bags, read = nn.Linear(terms, units, bias=False), as_matrix
        first = bags
    model = NVDM(terms, units, task.latent_dim, first)
    parameters = list(dict.fromkeys([*model.parameters(), *bags.parameters()]))
    optimizer = torch.optim.Adam(parameters, fused=True)
    rng = np.random.default_rng(0)

    def train():
        order = rng.permutation(counts.shape[0])
        for start in range(0, len(order), task.batch_size):
            rows = order[start : start + task.batch_size]
            optimizer.zero_grad()
            loss = model(read(weights[rows]), torch.from_numpy(counts[rows].toarray()))
            loss.backward()
            optimizer.step()
        loss.item()

    return {"train": train}
