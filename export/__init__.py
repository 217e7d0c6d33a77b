"""The export program, example clients, and the files that TF Serving needs next to the models."""
