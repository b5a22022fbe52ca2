"""The command line: one file per verb, from arguments to an exit code."""
