"""Shared words: errors, estimates, evidence, findings, verdicts, the registry, seeds and lineage."""
