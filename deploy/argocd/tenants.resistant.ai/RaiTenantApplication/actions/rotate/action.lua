-- Replaces the credential once. The one before works on for the overlap.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["tenants.resistant.ai/rotate"] = os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
