"""A file a verb, from an open connection to a result; with the package's `interface` on top.

Not here: click and printing, which are in `cli`; verbs that are plans, such as `restore`, which `flow` carries out.
"""
