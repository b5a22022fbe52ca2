"""The results of the verbs, for programs and for reports.

Not here: how they are made, which is in `verbs`, `planning` and `applying`; how they read, which is in `report`.
"""
