"""Training of image classifiers: a linear head on a given encoder, or a small tower with its head."""
