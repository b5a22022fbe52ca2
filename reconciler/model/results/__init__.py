"""What the verbs end in, for programs and for reports."""
