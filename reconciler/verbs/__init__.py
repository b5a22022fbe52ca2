"""A file a verb, from an open connection to a result; with `library` on top.

Not here: click and printing, which are in `cli`; verbs that are plans, such as `restore`, which `flow` carries out.
"""
