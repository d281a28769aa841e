-- Ends a pause. The annotation stays, with another value: Argo CD leaves annotations as they were that an action has emptied.
local annotations = obj.metadata.annotations
if annotations ~= nil and annotations["tenants.resistant.ai/paused"] ~= nil then
  annotations["tenants.resistant.ai/paused"] = "false"
end
return obj
