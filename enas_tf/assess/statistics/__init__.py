"""What the runs of an experiment have left, and what that shows."""
