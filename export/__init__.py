"""The export program, example clients, and what TF Serving needs beside the models."""
