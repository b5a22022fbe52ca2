"""From files and folders to manifests; the rights and roles that ship with the package."""
