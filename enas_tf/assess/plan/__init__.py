"""What an experiment consists of, and where it lies."""
