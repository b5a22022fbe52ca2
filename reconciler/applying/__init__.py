"""Plan to outcome: dependencies, waiting, failure isolation, interrupts.

Not here: what is to be written, which the plan says; requests and retries, which are in `azure`.
"""
