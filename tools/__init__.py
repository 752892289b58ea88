"""Programs for the development of kgdx; none is installed with it."""
