"""What was chosen, on sealed real rows: scores, gains by group, probabilities, and what refits would have said."""
