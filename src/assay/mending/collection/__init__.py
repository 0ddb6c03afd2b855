"""Which real rows are worth collecting: where models go wrong, and what more rows there would gain."""
