"""Tests of remedies."""
