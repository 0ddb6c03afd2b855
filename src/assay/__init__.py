"""Assay makes synthetic data and proves whether it can be trusted in place of real data."""

__version__ = "0.1.0"
