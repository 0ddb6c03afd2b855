"""What the number is: resampling, intervals, distances, classifiers and neighbours on plain arrays."""
