"""Readers of training data: labelled images, image-report pairs, published cases, concept names."""
