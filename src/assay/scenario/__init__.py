"""Scenario files: tables described by rules, read, checked and made without any real row."""
