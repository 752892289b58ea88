"""Training of multimodal fusion."""
