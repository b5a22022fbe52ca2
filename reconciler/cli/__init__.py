"""The command line: one file per verb, from arguments to an exit code; streams, files, signals, CI systems.

Not here: what a verb does, which is in `verbs` or `flow`; how its result reads, which is in `report`.
"""
