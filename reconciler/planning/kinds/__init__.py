"""What a manifest manages, one module a kind: declared against live, and what has to change.

Not here: what a kind is made of, which is in `model`; the order of changes, their gates and the checksum of the whole.
"""
