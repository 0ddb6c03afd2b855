"""What the data is: schema, tables, readers, writers, encodings, splits and rules."""
