"""Fine-tuning and calibration of a given open_clip model."""
