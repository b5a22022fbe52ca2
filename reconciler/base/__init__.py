"""What everything else may use: time, numbers in words, and text that is safe to show.

Not here: anything that knows a vault, a disk or a plan; imports of our other packages.
"""
