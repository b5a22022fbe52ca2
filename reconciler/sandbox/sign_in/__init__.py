"""What clients ask before they speak to Resource Manager: which cloud this is, tokens, and who an object id is.

Not here: what a caller may do, which is in `sandbox.authorization`.
"""
