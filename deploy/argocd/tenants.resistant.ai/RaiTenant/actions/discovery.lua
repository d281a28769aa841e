-- What can be done about a RaiTenant. While it is paused, nothing but to end that.
local annotations = obj.metadata.annotations or {}
local paused = annotations["tenants.resistant.ai/paused"] == "true"
return {
  reconcile = { disabled = paused, displayName = "Reconcile", iconClass = "fa fa-fw fa-sync" },
  pause = { disabled = paused, displayName = "Pause", iconClass = "fa fa-fw fa-pause" },
  resume = { disabled = not paused, displayName = "Resume", iconClass = "fa fa-fw fa-play" },
}
