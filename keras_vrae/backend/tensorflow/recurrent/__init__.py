"""LSTM and GRU computed faster on a CPU."""
