// Keeps the credential of a bound application in its Secret: delivers it, restores what others altered, moves it.
import { SECRET_ANNOTATIONS } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import { AWAITS_RECOVERY, isOutdated } from '../domain/application.ts'
import { APPLICATION_GONE, CREDENTIAL_LOST } from '../domain/healing.ts'
import type { Credential } from '../domain/external.ts'
import { SECOND_LOOK_MS } from '../domain/gone.ts'
import { TOO_MANY } from '../domain/rotation.ts'
import { ownershipOf, secretNameOf } from '../domain/secret.ts'
import { readDelivery } from '../domain/secret-content.ts'
import type { Delivery, ObservedSecret } from '../domain/secret.ts'
import { after } from '../engine/outcome.ts'
import type { applicationBinding } from './bind-application.ts'
import { deliveryWith } from './delivery.ts'
import type { DeliveryPorts } from './delivery.ts'
import type { Looks } from './looks.ts'
import type { Pass, Untold } from './pass.ts'
import type { Removals } from './remove-application.ts'
import type { applicationRenewal } from './renew-application.ts'

export type KeepingOptions = DeliveryPorts & {
  readonly looks: Looks
  readonly removals: Removals
  readonly binding: Pick<ReturnType<typeof applicationBinding>, 'deliver'>
  readonly renewal: Pick<ReturnType<typeof applicationRenewal>, 'heal' | 'replace'>
}

type Application = RaiTenantApplication

export function secretKeeping(options: KeepingOptions) {
  const { secrets, binding } = options
  const { heal, replace } = options.renewal

  /** The application that the Secret is for, as it is outside; `undefined` while none is bound. */
  async function see({ status }: Application, signal: AbortSignal) {
    const { applicationId, tenantId } = status
    if (applicationId === undefined || tenantId === undefined) return undefined
    return options.removals.see(tenantId, applicationId, signal)
  }

  /** Looks again when it can be certain. */
  function unsure(application: Application): Untold {
    options.looks.putBack(application)
    return { outcome: after(SECOND_LOOK_MS) }
  }

  /** What stands in the Secret as it was written is proven; if it is refused, its application may be gone. */
  async function deliver(
    application: Application,
    secret: ObservedSecret,
    delivery: Delivery,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const told = await binding.deliver(application, secret, delivery, tenantId, signal)
    if (told.report.reason !== 'CredentialRejected') return told
    const seen = await see(application, signal)
    if (seen === 'unsure') return { ...told, ...unsure(application) }
    if (seen !== 'gone') return told
    const over = await secrets.get(secret.namespace, secret.name, signal)
    return heal(application, APPLICATION_GONE, over, tenantId, signal)
  }

  /** All but the proof is written as it should be. A proof that is refused was altered: then the credential is lost. */
  async function restore(
    application: Application,
    secret: ObservedSecret,
    proof: Credential['proof'],
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const external = await see(application, signal)
    if (external === 'unsure') return unsure(application)
    if (external === undefined || external === 'gone') {
      return heal(application, APPLICATION_GONE, secret, tenantId, signal)
    }
    const attempt = secret.annotations[SECRET_ANNOTATIONS.attempt]
    const delivery = await deliveryWith(options, { tenantId, application: external, proof }, attempt, signal)
    if (isOutdated(application, delivery)) return replace(application, secret, tenantId, TOO_MANY, signal)
    const told = await binding.deliver(application, secret, delivery, tenantId, signal)
    if (told.report.reason !== 'CredentialRejected') return told
    const over = await secrets.get(secret.namespace, secret.name, signal)
    return heal(application, CREDENTIAL_LOST, over, tenantId, signal)
  }

  /** The credential is taken from wherever it stands: a crash may have left it in several Secrets, or in any one alone. */
  async function move(
    application: Application,
    from: readonly string[],
    over: ObservedSecret | undefined,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const { namespace } = application.metadata
    const deliveries = [over && readDelivery(over)]
    for (const name of from) {
      const old = await secrets.get(namespace, name, signal)
      if (old && ownershipOf(old, application) === 'ours') deliveries.push(readDelivery(old))
    }
    const active = deliveries.find((delivery) => delivery?.application.id === application.status.applicationId)
    return active
      ? binding.deliver(application, over, active, tenantId, signal)
      : heal(application, CREDENTIAL_LOST, over, tenantId, signal)
  }

  /** While an attempt is being recovered: what is `Ready` stays so only while its credential still stands in its Secret. */
  async function awaitRecovery(
    application: Application,
    afterMs: number,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const { metadata, status } = application
    const name = status.secret?.name ?? secretNameOf(application)
    const secret = await secrets.get(metadata.namespace, name, signal)
    const stands = secret && readDelivery(secret)?.application.id === status.applicationId
    const report = { ...AWAITS_RECOVERY, unproven: !stands }
    return { about: application, report, facts: {}, outcome: after(afterMs) }
  }

  return { see, unsure, deliver, restore, move, awaitRecovery }
}
