"""Where rows are read, counted and streamed: one engine a file."""
