"""One file per kind: what is read of Azure, said as a manifest's entries.

Not here: which objects belong in one manifest, and under which names, which is in `export.description`.
"""
