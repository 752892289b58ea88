"""Training of the research weights that the multimodal benchmark measures; MedPix is for research alone."""
