"""Known harms to plant in sound rows, one a file: what a judge of synthetic data must see."""
