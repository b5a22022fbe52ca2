"""Estate files: their text, the short form that stands in them, and the world that they describe.

Not here: what happens after the beginning, which is in `sandbox.state_file` and `sandbox.tampering`.
"""
