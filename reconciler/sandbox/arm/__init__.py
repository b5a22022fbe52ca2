"""Resource Manager itself, whichever provider is asked: its front door, routes, pages, limits and delays."""
