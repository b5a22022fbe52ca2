"""Microsoft.Resources/deployments: ARM templates at a resource group or a subscription, as far as clients deploy with them.

Taken are parameters with defaults, allowed values and types of the template's own, variables, resources (with `condition`,
`dependsOn`, `scope` and children, as a list or by symbolic names; existing ones are referred to), copy loops, nested
templates, `reference()`, outputs, the functions of `functions`, and those that the template defines. Each resource is sent through Resource Manager's
front door as the caller, as soon as what it depends on is there; a nested template is sent as a deployment.

Not here: linked templates, Key Vault references, imports, the mode Complete, and the
scopes of management groups and tenants. A template with one of these is refused with what is missing in its message.
"""
