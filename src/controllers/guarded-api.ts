// The control plane's operations, of which those that change something wait until the view of the organization can be relied upon.
import { Failure } from '../errors.ts'
import type { OrganizationView } from './organization-view.ts'
import type { ApplicationsApi, CreateOutcome, TenantsApi } from './ports.ts'

type Guard = Pick<OrganizationView, 'admit'>

export function guardedTenants(api: TenantsApi, guard: Guard): TenantsApi {
  return {
    list: (signal) => api.list(signal),
    get: (id, signal) => api.get(id, signal),
    create: (request, signal) => admitted(guard, signal, () => api.create(request, signal)),
    async delete(id, signal) {
      await guard.admit(signal)
      return api.delete(id, signal)
    },
  }
}

export function guardedApplications(api: ApplicationsApi, guard: Guard): ApplicationsApi {
  return {
    list: (tenantId, signal) => api.list(tenantId, signal),
    get: (tenantId, id, signal) => api.get(tenantId, id, signal),
    create: (tenantId, request, signal) => admitted(guard, signal, () => api.create(tenantId, request, signal)),
    async delete(tenantId, id, signal) {
      await guard.admit(signal)
      return api.delete(tenantId, id, signal)
    },
  }
}

/** A create never throws: one that is not let through was not sent. */
async function admitted<T>(
  guard: Guard,
  signal: AbortSignal,
  create: () => Promise<CreateOutcome<T>>,
): Promise<CreateOutcome<T>> {
  try {
    await guard.admit(signal)
  } catch (error) {
    return { outcome: 'notSent', failure: error instanceof Failure ? error : givenUp(error) }
  }
  return create()
}

function givenUp(cause: unknown): Failure {
  return new Failure('ControlPlaneUnavailable', 'retry', 'a create was given up before it was sent', { cause })
}
