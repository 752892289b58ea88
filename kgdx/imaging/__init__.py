"""Image files to pixels: read, put upright, windowed, checked; and de-identified copies."""
