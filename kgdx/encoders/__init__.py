"""Adapters to images and to image and text models."""
