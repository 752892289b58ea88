"""From evidence to a ranked differential and treatments."""
