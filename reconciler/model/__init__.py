"""The vocabulary: the plain values that the other floors exchange.

Not here: anything that acts or asks.
"""
