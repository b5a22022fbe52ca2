"""Microsoft.DataProtection: vaults and what is in them, with a folder for each resource.

`provider` has its routes once this package is imported. The order of the imports counts: it lists its types in that order.

Not here: disks and their snapshots, which are in `sandbox.compute`; role assignments, which are in
`sandbox.authorization`.
"""

from reconciler.sandbox.dataprotection import switches
from reconciler.sandbox.dataprotection.namespace import provider
from reconciler.sandbox.dataprotection import operations
from reconciler.sandbox.dataprotection.guards import routes as guard_routes
from reconciler.sandbox.dataprotection.instances import routes as instance_routes
from reconciler.sandbox.dataprotection.instances import deleted_instances
from reconciler.sandbox.dataprotection.policies import routes as policy_routes
from reconciler.sandbox.dataprotection.guards import proxies
from reconciler.sandbox.dataprotection.vaults import deleted_vaults
from reconciler.sandbox.dataprotection.vaults import routes as vault_routes
from reconciler.sandbox.dataprotection.jobs import routes as job_routes
from reconciler.sandbox.dataprotection.jobs import exports
from reconciler.sandbox.dataprotection.recovery_points import routes as point_routes
from reconciler.sandbox.dataprotection.backups import on_demand, scheduled
from reconciler.sandbox.dataprotection.instances import deletion, protection, validation
from reconciler.sandbox.dataprotection import adoption, restores

__all__ = ["provider"]
