"""Treatments: stated and predicted ones, and what speaks against them."""
