"""From files and folders to manifests; the permissions and roles that ship with the package.

Not here: what the text of a manifest means, which is in `manifest`.
"""
