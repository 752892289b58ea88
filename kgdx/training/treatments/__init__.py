"""Training of the network that predicts treatments."""
