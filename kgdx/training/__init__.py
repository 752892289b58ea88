"""Everything that learns: nothing here is imported to diagnose a case."""
