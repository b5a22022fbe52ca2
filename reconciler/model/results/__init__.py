"""The results of the verbs, for programs and for reports."""
