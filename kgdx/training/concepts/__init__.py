"""Training of the concept encoder and calibration of concept linking."""
