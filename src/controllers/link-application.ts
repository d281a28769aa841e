// Binds an application that no status names yet, found again or taken over: only what its credential proves, and what nobody else has.
import type { RaiTenantApplication } from '../api/types.ts'
import { credentialRefused, otherClient } from '../domain/adopted-application.ts'
import type { ApplicationAdoption } from '../domain/adopted-application.ts'
import { alreadyClaimed, noTokenEndpoint, unknownDelivery } from '../domain/application.ts'
import type { Delivery, ObservedSecret } from '../domain/secret.ts'
import type { Stop } from '../domain/tenant.ts'
import { after } from '../engine/outcome.ts'
import { isFailure } from '../errors.ts'
import { adoptedDelivery } from './adopt-application.ts'
import type { AdoptionPorts } from './adopt-application.ts'
import type { Claims } from './claims.ts'
import { blocked } from './pass.ts'
import type { Pass } from './pass.ts'
import type { CredentialProver } from './ports.ts'

/** How soon a credential that somebody put there to be taken over is tried again, once it was refused. */
const MENDED_MS = 60_000

export type LinkingOptions = AdoptionPorts & {
  readonly prover: CredentialProver
  readonly claims: Claims
}

type Application = RaiTenantApplication
export type Provenance = NonNullable<Application['status']['provenance']>

/** Writes the Secret and the status of what may be bound. */
type Bind = (
  provenance: Provenance,
  application: Application,
  secret: ObservedSecret,
  delivery: Delivery,
  signal: AbortSignal,
) => Promise<Pass<Application>>

/** The ways to such a binding. Until it stands nothing is made instead. */
export function applicationLinking(options: LinkingOptions, bindAs: Bind) {
  const { api, prover } = options

  /**
   * A Secret that says it is this application's, while no status does, as after a crash, `Retain` or a restore: bound again
   * if its application stands in the tenant, nobody else has it, and its own credential obtains a token.
   */
  async function relink(
    application: Application,
    secret: ObservedSecret,
    delivery: Delivery,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const { id } = delivery.application
    const external = delivery.tenantId === tenantId ? await api.get(tenantId, id, signal) : undefined
    if (!external) return blocked(application, unknownDelivery(application, id, tenantId))
    // A token proves what its client may do, and nothing about another application that the Secret names.
    if (external.clientId !== delivery.credential.clientId)
      return blocked(application, otherClient(application, external))
    const inTheWay = await obstacleTo(application, delivery, signal)
    if (inTheWay) return blocked(application, inTheWay)
    return bindAs(application.status.provenance ?? 'Relinked', application, secret, delivery, signal)
  }

  /**
   * An application that somebody else made, and whose credential stands in the Secret: taken over if it is as the resource
   * says, nobody else has it, and its credential obtains a token. Before that nothing is written, and nothing is made instead.
   */
  async function adopt(
    application: Application,
    adoption: ApplicationAdoption,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const delivery = await adoptedDelivery(options, application, adoption, tenantId, signal)
    if ('step' in delivery) return blocked(application, delivery)
    try {
      const inTheWay = await obstacleTo(application, delivery, signal)
      if (inTheWay) return blocked(application, inTheWay)
    } catch (error) {
      if (!isFailure(error, 'CredentialRejected')) throw error
      return { ...blocked(application, credentialRefused(application, adoption.id)), outcome: after(MENDED_MS) }
    }
    return bindAs('Adopted', application, adoption.secret, delivery, signal)
  }

  /** Why what no status names yet may not be bound: it is somebody else's, or it cannot be proven. Throws what a proof does. */
  async function obstacleTo(
    application: Application,
    { tenantId, application: external, credential, tokenUrl }: Delivery,
    signal: AbortSignal,
  ): Promise<Stop | undefined> {
    const other = await options.claims.claimant(external.id, tenantId, application, signal)
    if (other) return alreadyClaimed(external.id, other)
    if (tokenUrl === undefined) return noTokenEndpoint(external.id)
    await prover.prove(credential, tokenUrl, external.scopes, signal)
    return undefined
  }

  return { relink, adopt }
}
