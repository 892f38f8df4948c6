"""Where records are written to."""
