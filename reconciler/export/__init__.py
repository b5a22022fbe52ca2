"""From an estate to the manifest that describes it; pure."""
