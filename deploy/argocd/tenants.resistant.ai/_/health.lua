-- Health of a RaiTenant or a RaiTenantApplication, by what the operator says in its conditions: docs/gitops.md, "What Argo CD shows".
local conditions = {}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, condition in ipairs(obj.status.conditions) do
    conditions[condition.type] = condition
  end
end

local function isTrue(name)
  return conditions[name] ~= nil and conditions[name].status == "True"
end

local function told(status, condition)
  return { status = status, message = condition.reason .. ": " .. condition.message }
end

local synced = conditions["Synced"]
-- First of all: while it is paused nobody looks at what was asked for since, a deletion included.
if synced ~= nil and synced.reason == "Paused" then
  return told("Suspended", synced)
end
if synced == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The operator has not looked at this yet" }
end
if isTrue("Stalled") then
  return told("Degraded", conditions["Stalled"])
end
-- Also where something is in the way, which Synced tells: what was asked for is there, and works.
if isTrue("Ready") and obj.metadata.deletionTimestamp == nil then
  return told("Healthy", synced)
end
return told("Progressing", synced)
