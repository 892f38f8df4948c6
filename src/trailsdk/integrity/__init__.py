"""Is the evidence whole: the chain of digest files, and the log files that they name."""
