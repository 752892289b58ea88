"""Learning to rank, and judging what was learnt."""
