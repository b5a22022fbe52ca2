"""Plan to outcome: dependencies, waiting, failure isolation, interrupts.

Not here: what to write, which is in the plan; requests and retries, which are in `azure`.
"""
