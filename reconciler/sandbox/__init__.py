"""The simulated Azure, which shares nothing with the rest: the command line and `server` are the doors to one `Sandbox`.

The world, its time, its switches and what is kept of it stand here. `arm` is Resource Manager, `sign_in` what comes before
it, `estate` the files that a world begins with; every other folder is a provider, with a module or a folder a resource.

Not here: imports of ours, since it judges the rest.
"""
