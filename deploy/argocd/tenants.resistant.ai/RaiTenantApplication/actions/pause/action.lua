-- The operator does nothing about the resource, deletion included, until it is resumed.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["tenants.resistant.ai/paused"] = "true"
return obj
