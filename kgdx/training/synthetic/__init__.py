"""Training data that is made, not collected: drawn radiographs, captions, simulated patients."""
