"""A file a verb, from an open connection to a result; with `library` on top. No click, and nothing is printed."""
