"""A file a verb: from an open connection to a result, or to the task of a run that changes Azure by a plan.

The package's `interface` stands on top.

Not here: click and printing, which are in `cli`; carrying a task out, which is in `flow`.
"""
