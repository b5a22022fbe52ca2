"""Which Azure or sandbox a run talks to: chosen, opened, used and closed.

Not here: what is read and written over the connection.
"""
