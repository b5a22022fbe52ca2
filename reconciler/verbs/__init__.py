"""One file per verb: from an open connection to a result, or to the task that `flow` carries out.

Its module `interface`, the library, stands above the other modules.

Not here: click and printing, which are in `cli`; carrying out a task, which is in `flow`.
"""
