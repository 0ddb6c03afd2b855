"""Makes the pages of this folder from docstrings, class attributes, policies and the command line."""
