"""The domain model: plain values, standard library only."""
