"""Image files to pixels: read, put upright, windowed, checked; and copies that name no one."""
