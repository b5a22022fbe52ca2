"""The stable codes of findings and errors, each with its meaning and hint."""
