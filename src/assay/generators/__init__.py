"""Generators of synthetic tables: one file each, found by its name."""
