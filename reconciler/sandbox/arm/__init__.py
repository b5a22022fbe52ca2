"""Resource Manager itself, whichever provider is asked: its front door, routes, pages, limits and delays.

Not here: what a single provider answers or refuses, which is in its own folder.
"""
