"""From arrays to the batches of training."""
