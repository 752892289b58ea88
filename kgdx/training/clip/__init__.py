"""Training of the shipped image-text model."""
