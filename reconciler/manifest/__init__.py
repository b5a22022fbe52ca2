"""YAML text to a Manifest: parsed with positions, checked against the schema, merged, cross-referenced."""
