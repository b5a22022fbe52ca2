"""Plan to outcome: dependencies, waiting, failure isolation, interrupts."""
