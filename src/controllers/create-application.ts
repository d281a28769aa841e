// One attempt to make an application: steps 1 to 7 of the create protocol, up to the answer in the journal.
import { APPLICATION_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { AWAITS_RECOVERY, RSA_BITS } from '../domain/application.ts'
import { boundElsewhere, tenantKeyOf } from '../domain/placement.ts'
import type { ApplicationRequest } from '../domain/external.ts'
import { grantOf } from '../domain/grants.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { CurrentTenants } from './current-tenants.ts'
import { trySecret } from './delivery.ts'
import type { DeliveryPorts, Destination } from './delivery.ts'
import type { Journals } from './journals.ts'
import { subjectOf } from './journals.ts'
import type { ApplicationsApi, KeyMaker, NamespaceView, ResourceKey, ResourceView, ResourceWriter } from './ports.ts'
import type { Seals } from './seals.ts'
import type { Siblings } from './siblings.ts'
import type { Turns } from './turns.ts'

export type CreationPorts = Pick<DeliveryPorts, 'secrets' | 'deletionPolicy'> & {
  readonly api: ApplicationsApi
  readonly keys: KeyMaker
  readonly writer: ResourceWriter<RaiTenantApplication>
  readonly tenantView: ResourceView<RaiTenant>
  readonly currentTenants: CurrentTenants
  readonly namespaces: NamespaceView
  readonly journals: Journals
  readonly seals: Seals
  readonly siblings: Siblings
  readonly turns: Turns
  /** Waits for what is outside, which may take seconds, without a worker. */
  aside<T>(key: ResourceKey, wait: () => Promise<T>): Promise<T>
  readonly clock: Clock
  readonly logger: Logger
}

export type Creation =
  /** The answer stands in the journal: to be handed over. */
  | {
      readonly result: 'answered'
      readonly resource: RaiTenantApplication
      readonly journal: Journal<ApplicationAttempt>
    }
  /** Another create is at work in the tenant; the resource is looked at again when that has ended. */
  | { readonly result: 'busy' }
  /** The world has changed since this was decided, or the attempt is somebody else's by now: to be decided again. */
  | { readonly result: 'changed' }

/** A shutdown ends the attempt, not what its journal says of it. */
const UNENDING = new AbortController().signal

/**
 * Makes one attempt for `application`, whose credential goes to `destination`, and of which this pass has seen that no attempt
 * is unfinished. At most one POST, and none without a journal.
 *
 * Throws a {@link Failure} that is a reason: `SecretWriteRefused` before anything was made, the control plane's when nothing
 * was made, `AmbiguousCreate` when that cannot be known: then Recovery finds out. `signal` counts until the POST.
 */
export async function createApplication(
  ports: CreationPorts,
  application: RaiTenantApplication,
  tenantId: string,
  destination: Destination,
  signal: AbortSignal,
): Promise<Creation> {
  const attempt = () => attemptCreate(ports, application, tenantId, destination, signal)
  if (application.spec.auth.type !== 'ClientSecret') return attempt()
  const { namespace, name } = application.metadata
  const taken = await ports.turns.take(tenantId, `${namespace}/${name}`, attempt)
  return taken === 'busy' ? { result: taken } : taken
}

async function attemptCreate(
  ports: CreationPorts,
  application: RaiTenantApplication,
  tenantId: string,
  destination: Destination,
  signal: AbortSignal,
): Promise<Creation> {
  if (!destination.isTried) await trySecret(ports, application, destination.over, signal)
  const resource = await ports.writer.addFinalizer(application, signal)
  if (!(await mayCreate(ports, resource, tenantId, signal))) return { result: 'changed' }

  const { journals, siblings, api } = ports
  const before = await siblings.before(tenantId, signal)
  const request = await requestOf(ports, resource)
  const journal = await journals.open<ApplicationAttempt>(
    {
      type: 'application',
      subject: subjectOf(resource),
      openedAt: ports.clock.now(),
      tenantId,
      cell: request.cell,
      scopes: request.scopes,
      proof: request.auth,
      before,
    },
    signal,
  )
  const { namespace, name } = resource.metadata
  const posted = await ports.aside(`${namespace}/${name}`, () => api.create(tenantId, request, signal))
  switch (posted.outcome) {
    case 'created': {
      const answered = await journals.answer(journal, posted.value)
      audit(ports.logger, resource, tenantId, posted.value.application.id)
      await siblings.made(tenantId, posted.value.application.id)
      return answered ? { result: 'answered', resource, journal: answered } : { result: 'changed' }
    }
    case 'notSent':
      await journals.remove(journal, UNENDING)
      throw posted.failure
    case 'rejected':
      await journals.advance(journal, 'rejected', UNENDING)
      throw posted.failure
    case 'ambiguous':
      throw ambiguous(posted.failure)
  }
}

/** Step 1: what may have changed since the caches were read. That no other attempt is unfinished, this pass has seen. */
async function mayCreate(
  { tenantView, currentTenants, namespaces, seals }: CreationPorts,
  resource: RaiTenantApplication,
  tenantId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const cached = tenantView.get(tenantKeyOf(resource))
  if (!cached || resource.metadata.deletionTimestamp !== undefined) return false
  const tenant = await currentTenants.get(cached, signal)
  if (tenant.status.tenantId !== tenantId || mayLose(tenant, resource)) return false
  const labels = namespaces.labelsOf(resource.metadata.namespace)
  if (grantOf(resource, tenant, labels).step !== 'admitted') return false
  if (!seals.areGenuine(tenant)) throw forgedTenant(tenant)
  return !boundElsewhere(resource, tenantId)
}

/** In a tenant that goes nothing is made any more; but while it is protected it stays, and what is in it is kept working. */
function mayLose({ metadata, spec, status }: RaiTenant, application: RaiTenantApplication): boolean {
  if (metadata.deletionTimestamp === undefined) return false
  return !spec.deletionProtection || application.status.tenantId !== status.tenantId
}

/** Nobody gets an application into a tenant by writing its id somewhere. */
function forgedTenant({ metadata }: RaiTenant): Failure {
  const key = `${metadata.namespace}/${metadata.name}`
  return new Failure(
    'TenantNotReady',
    'wait',
    `the status of RaiTenant ${key} was not written by this operator: see its conditions`,
  )
}

async function requestOf({ keys }: CreationPorts, { spec }: RaiTenantApplication): Promise<ApplicationRequest> {
  const { type, rsa } = spec.auth
  const { cell, scopes } = spec
  if (type === 'ClientSecret') return { cell, scopes, auth: { type } }
  return { cell, scopes, auth: await keys.make(type === 'EC' ? { type } : { type, bits: rsa?.bits ?? RSA_BITS }) }
}

function audit(logger: Logger, { metadata }: RaiTenantApplication, tenantId: string, applicationId: string): void {
  const key = `${metadata.namespace}/${metadata.name}`
  const about = { kind: APPLICATION_KIND, key, generation: metadata.generation }
  logger.info({ operation: 'createTenantApplication', tenantId, applicationId, ...about }, 'created an application')
}

function ambiguous(cause: Failure): Failure {
  const { reason, message } = AWAITS_RECOVERY
  return new Failure(reason, 'retry', message, { cause })
}
