"""The same model in PyTorch, written by hand: data on the device, cuDNN, the fused Adam."""

import math

import torch
from torch import nn
from torch.nn import functional


class VAE(nn.Module):
    """The network; `forward` gives the loss of a batch."""

    def __init__(self, work, units):
        super().__init__()
        _, steps, features = work["shape"]
        self.masked, self.recurrent = work["masked"], work["encoder"] != "dense"
        if self.recurrent:
            kind = {"lstm": nn.LSTM, "gru": nn.GRU}[work["encoder"]]
            self.encoder = kind(features, units, batch_first=True)
        else:
            hidden = nn.Linear(steps * features, units), nn.ReLU(), nn.Linear(units, units)
            self.encoder = nn.Sequential(nn.Flatten(), *hidden, nn.ReLU())
        self.heads = nn.Linear(units, 4)
        sizes = nn.Linear(2, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU()
        self.decoder = nn.Sequential(*sizes, nn.Linear(units, steps * features))

    def forward(self, x, lengths=None):
        read = x
        if lengths is not None:
            read = nn.utils.rnn.pack_padded_sequence(x, lengths, True, enforce_sorted=False)
        if self.recurrent:
            _, state = self.encoder(read)
            hidden = (state[0] if isinstance(state, tuple) else state)[-1]
        else:
            hidden = self.encoder(read)
        z_mean, z_log_var = self.heads(hidden).float().chunk(2, dim=1)
        z = z_mean + torch.exp(0.5 * z_log_var) * torch.randn_like(z_mean)
        found = self.decoder(z).float().view(x.shape)
        if lengths is None:
            loss = functional.binary_cross_entropy_with_logits(found, x, reduction="sum")
        else:
            valid = torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]
            squares = 0.5 * ((x - found).square() + math.log(2 * math.pi))
            loss = (squares * valid[..., None]).sum()
        kl = -0.5 * torch.sum(1 + z_log_var - z_mean.square() - z_log_var.exp())
        return (loss + kl) / len(x)


def make(task, variant):
    """Returns the turns of `harness.Contender`, compiled; `variant` is `"eager"` or `"compile"`."""
    from benchmarks.gpu import data_of

    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    low = task.precision != "float32"
    turns = {}
    for name, work in task.works.items():
        x, lengths = data_of(work)
        x = torch.from_numpy(x).to(device)
        lengths = None if lengths is None else torch.from_numpy(lengths)
        model = VAE(work, task.units).to(device)
        optimizer = torch.optim.Adam(model.parameters(), fused=True)
        # Packed sequences take lengths from the CPU, which breaks a compiled graph.
        loss_of = torch.compile(model) if variant == "compile" and lengths is None else model

        def train(x=x, lengths=lengths, optimizer=optimizer, loss_of=loss_of, work=work):
            order = torch.randperm(len(x))
            for rows in order.split(work["batch_size"]):
                optimizer.zero_grad()
                with torch.autocast(device, torch.bfloat16, enabled=low):
                    part = x[rows.to(device)]
                    loss = loss_of(part) if lengths is None else loss_of(part, lengths[rows])
                loss.backward()
                optimizer.step()
            loss.item()

        train()
        turns[name] = train
    return turns
