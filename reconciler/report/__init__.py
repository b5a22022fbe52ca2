"""Objects to text: the terminal, Markdown and JSON. Pure: no clock, environment, files or network.

Not here: decisions: what is to be said lies in the object that is shown.
"""
