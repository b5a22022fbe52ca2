"""The one way of a run: look, gates, approval, apply, look again.

Not here: who approves, shows progress, records writes and interrupts: protocols here, which the upper floors fill.
"""
