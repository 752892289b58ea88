"""Other formats of the field, read into and written from our own."""
