"""MedPix 2.0 (Siragusa et al. 2025, research use): cases, what is trained on them, how it is scored."""
