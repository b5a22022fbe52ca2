"""The vocabulary: what the other floors say to each other, as plain values.

Not here: anything that acts or asks.
"""
