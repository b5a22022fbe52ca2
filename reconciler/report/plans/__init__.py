"""A plan for people: the verdict, what is dangerous, a table, then blocks of changes that differ only by what they are of.

Not here: the forms of other reports, which show the same parts in their own way.
"""
