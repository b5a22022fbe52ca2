"""Objects to text: the terminal, Markdown and JSON. Pure: no clock, environment, files or network."""
