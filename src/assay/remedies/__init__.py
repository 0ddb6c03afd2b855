"""Ways to mend synthetic rows, one a file, each with the signs that speak for it."""
