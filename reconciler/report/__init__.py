"""Objects to text: the terminal, Markdown and JSON. Pure: no clock, environment, files or network.

Not here: decisions about what to say, which are in the object that is shown.
"""
