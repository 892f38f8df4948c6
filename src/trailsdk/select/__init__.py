"""What the caller asked for, and how much of it the place where a file lies already tells."""
