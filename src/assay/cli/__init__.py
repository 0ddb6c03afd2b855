"""The command line: one file per command. Commands import the rooms below only when they run, so that help is quick."""
