"""The steps of every run: look, gates, approval, apply, look again.

Not here: who approves, shows progress, records writes and interrupts: protocols here, which the floors above implement.
"""
