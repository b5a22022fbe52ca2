"""YAML text to a Manifest: parsed with positions, checked against the schema, merged, cross-referenced.

Not here: files, which are in `loading`; anything that only Azure knows, which is in `planning`.
"""
