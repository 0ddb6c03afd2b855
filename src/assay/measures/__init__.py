"""The measures, one file each; found by their file's stem."""
