"""A release: a hashed folder of graph and weights, and how each is written and read."""
