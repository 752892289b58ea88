"""From scores to reasons: paths, supports, contradictions, pictures."""
