"""From a plan to its outcome: order, waiting, isolated failures, interrupts.

Not here: what to write, which is in the plan; requests and retries, which are in `azure`.
"""
