"""Plots: arrays in, a matplotlib `Figure` out; nothing is shown or saved here."""
