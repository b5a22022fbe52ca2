"""Objects to text: terminal, Markdown, JSON. Pure."""
