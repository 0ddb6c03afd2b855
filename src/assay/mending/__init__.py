"""Which remedies help, proved on real rows that they did not learn from: selection, use and recipe."""
