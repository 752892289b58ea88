"""What results are compared with."""
