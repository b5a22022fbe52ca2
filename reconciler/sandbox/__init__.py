"""The simulated Azure, which shares nothing with the rest: the command line and `server` both lead to one `Sandbox`.

Modules here hold the world, its time, its switches and its saved state. `arm` is Resource Manager, `sign_in` what comes
before it, `estate` the files that a world begins with; every other folder is a provider, with a module or folder for each
resource.

Not here: imports of our other packages, because the sandbox is there to test them.
"""
