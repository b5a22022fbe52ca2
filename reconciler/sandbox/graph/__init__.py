"""Microsoft.ResourceGraph: queries, the language that they are written in, and how they are evaluated.

Not here: the resources that queries run over, which are the providers'.
"""

from reconciler.sandbox.graph.queries import provider

__all__ = ["provider"]
