"""A variational autoencoder of documents in PyTorch, which reads sparse rows by `EmbeddingBag`."""

import numpy as np
import torch
from scipy import sparse
from torch import nn


class NVDM(nn.Module):
    """The network; `forward` gives the loss of a batch."""

    def __init__(self, terms, units, latent_dim):
        super().__init__()
        self.first = nn.EmbeddingBag(terms, units, mode="sum")
        nn.init.normal_(self.first.weight, std=0.1)
        self.bias = nn.Parameter(torch.zeros(units))
        self.z_mean = nn.Linear(units, latent_dim)
        self.z_log_var = nn.Linear(units, latent_dim)
        self.decoder = nn.Linear(latent_dim, terms)

    def forward(self, rows, counts):
        words = torch.from_numpy(rows.indices.astype("int64"))
        starts = torch.from_numpy(rows.indptr[:-1].astype("int64"))
        bags = self.first(words, starts, per_sample_weights=torch.from_numpy(rows.data))
        hidden = torch.relu(bags + self.bias)
        z_mean, z_log_var = self.z_mean(hidden), self.z_log_var(hidden)
        z = z_mean + torch.exp(0.5 * z_log_var) * torch.randn_like(z_mean)
        log_shares = torch.log_softmax(self.decoder(z), dim=-1)
        kl = -0.5 * torch.sum(1 + z_log_var - z_mean.square() - z_log_var.exp())
        return (kl - torch.sum(counts * log_shares)) / len(counts)


def make(task, variant):
    """Returns the turns of `harness.Contender`; there is one variant, None."""
    torch.manual_seed(0)
    counts, weights = sparse.load_npz(task.counts), sparse.load_npz(task.weights)
    model = NVDM(counts.shape[1], task.hidden_units, task.latent_dim)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    rng = np.random.default_rng(0)

    def train():
        order = rng.permutation(counts.shape[0])
        for start in range(0, len(order), task.batch_size):
            rows = order[start : start + task.batch_size]
            optimizer.zero_grad()
            loss = model(weights[rows], torch.from_numpy(counts[rows].toarray()))
            loss.backward()
            optimizer.step()
        loss.item()

    return {"train": train}
