"""One reader a source. Each turns a file into rows; none knows of a store."""
