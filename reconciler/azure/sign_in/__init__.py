"""Sign-in: which way the environment offers, and the tokens that it gives.

Not here: the addresses of clouds, which are in `azure.clouds`; all else that a request passes, which is in
`azure.pipeline`.
"""
