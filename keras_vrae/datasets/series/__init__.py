"""Time series from files and archives."""
