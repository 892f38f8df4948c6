"""Bytes to the model and back: pure functions, no I/O."""
