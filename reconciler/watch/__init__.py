"""The loop of `watch`: rounds at intervals, metrics, health, notices, logs and traces.

Not here: how one round reads Azure, plans and applies, which is in `flow`.
"""
