"""What runs checks again and again: planted damage and the power to see it."""
