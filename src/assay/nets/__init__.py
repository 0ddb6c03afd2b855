"""Networks and how they are trained: tensors in, tensors out; nothing here knows of tables."""
