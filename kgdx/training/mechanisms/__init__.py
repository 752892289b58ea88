"""Training of the network that ranks drug-disease mechanisms."""
