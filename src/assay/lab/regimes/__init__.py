"""Regimes of a loop: what each next generation is trained on. One idea a file, found by its name."""
