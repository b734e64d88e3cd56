"""One file, one channel."""
