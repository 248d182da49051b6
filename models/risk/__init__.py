"""The risk model: features, trees, scorer, its bundle; training lies in training."""
