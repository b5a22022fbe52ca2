"""The stable codes of findings and errors, each with its meaning and its way out."""
