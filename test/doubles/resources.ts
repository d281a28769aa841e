// Resources as the API server hands them out, for tests to vary.
import { API_VERSION, APPLICATION_KIND, FINALIZER, SECRET_ANNOTATIONS, TENANT_KIND } from '../../src/api/names.ts'
import type { Condition, RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import type { ObservedSecret } from '../../src/domain/secret.ts'
import { ManualClock } from './manual-clock.ts'
import { timestamp } from '../../src/clock.ts'

type Parts<T extends { metadata: object; spec: object; status: object }> = {
  readonly [K in 'metadata' | 'spec' | 'status']?: Partial<T[K]>
}

/** On whatever a test says that the operator wrote. */
export const SEAL = 'sealed'

let uids = 0

function metadata(name: string) {
  const creationTimestamp = timestamp(ManualClock.epoch)
  return { name, namespace: 'team', uid: `uid-${++uids}`, resourceVersion: '1', generation: 1, creationTimestamp }
}

/** A tenant as applied: no status but the schema's default. */
export function tenantOf(parts: Parts<RaiTenant> = {}): RaiTenant {
  return {
    apiVersion: API_VERSION,
    kind: TENANT_KIND,
    metadata: { ...metadata('acme'), ...parts.metadata },
    spec: {
      cells: ['eu-1'],
      adoptionPolicy: 'Never',
      deletionProtection: false,
      drainPolicy: 'Managed',
      ...parts.spec,
    } as RaiTenant['spec'],
    status: { observedGeneration: -1, ...parts.status },
  }
}

/** An application as applied. */
export function applicationOf(parts: Parts<RaiTenantApplication> = {}): RaiTenantApplication {
  return {
    apiVersion: API_VERSION,
    kind: APPLICATION_KIND,
    metadata: { ...metadata('web'), ...parts.metadata },
    spec: {
      tenantRef: { name: 'acme' },
      cell: 'eu-1',
      scopes: ['documents.submissions.read', 'documents.submissions.write'],
      auth: { type: 'EC' },
      onAmbiguousCreate: 'Replace',
      ...parts.spec,
    },
    status: { observedGeneration: -1, ...parts.status },
  }
}

export function condition(
  type: string,
  status: Condition['status'],
  reason: string,
  parts: Partial<Condition> = {},
): Condition {
  const lastTransitionTime = timestamp(ManualClock.epoch)
  return { type, status, reason, message: 'as told', observedGeneration: 1, lastTransitionTime, ...parts }
}

/** Conditions of a resource that is well at this generation. */
export function ready(generation = 1): Condition[] {
  const parts = { observedGeneration: generation }
  return [condition('Ready', 'True', 'Ready', parts), condition('Synced', 'True', 'Ready', parts)]
}

/** A tenant that exists outside. */
export function boundTenant(tenantId = 't-1', parts: Parts<RaiTenant> = {}): RaiTenant {
  return tenantOf({
    ...parts,
    metadata: { finalizers: [FINALIZER], ...parts.metadata },
    status: {
      observedGeneration: 1,
      organization: 'org',
      tenantId,
      provenance: 'Created',
      seal: SEAL,
      conditions: ready(),
      ...parts.status,
    },
  })
}

/** An application that exists outside, Ready. */
export function boundApplication(applicationId = 'a-1', parts: Parts<RaiTenantApplication> = {}): RaiTenantApplication {
  const clientId = `client-${applicationId}`
  return applicationOf({
    ...parts,
    metadata: { finalizers: [FINALIZER], ...parts.metadata },
    status: {
      observedGeneration: 1,
      organization: 'org',
      tenantId: 't-1',
      applicationId,
      clientId,
      provenance: 'Created',
      seal: SEAL,
      credentials: [{ applicationId, clientId, state: 'Active', issuedAt: timestamp(ManualClock.epoch) }],
      conditions: ready(),
      ...parts.status,
    },
  })
}

/** UID of the resource that has a Secret and will leave it behind: without an owner, so that nothing takes it along. */
export function heldBy({ controller, annotations }: ObservedSecret): string | undefined {
  return controller ? undefined : annotations[SECRET_ANNOTATIONS.heldBy]
}
