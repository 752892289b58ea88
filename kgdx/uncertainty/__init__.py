"""What a ranking leaves open: abstention, next findings, dangers, two diseases at once."""
