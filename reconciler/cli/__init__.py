"""One file per verb: arguments, one call, an exit code."""
