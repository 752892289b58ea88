"""What the engine talks about: plain values, standard library only."""
