"""What the multimodal benchmark makes of a MedPix case: vectors of its images, documents of titles."""
