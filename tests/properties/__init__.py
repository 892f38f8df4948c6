"""Property tests: what holds of every record, every file and every kind of damage."""
