"""Whether strategies learn a reward that needs no child, without the noise of shared weights, beside random search."""
