-- Has the resource, what it stands for outside and its Secret looked at now.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["tenants.resistant.ai/reconcile"] = os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
