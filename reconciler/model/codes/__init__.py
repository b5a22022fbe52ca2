"""The stable codes of findings and errors, each with its meaning and hint.

Not here: where a code is reported; the classes of drift, which are in `model.results.drift`.
"""
