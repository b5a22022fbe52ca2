"""Resource guards: their own routes, a vault's link to one, and what a vault refuses without one's request.

Not here: the operations that a guard protects, which are in `vaults` and `instances`.
"""
