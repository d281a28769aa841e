// Looks at every change of a Secret and every end of an application as it happens: whether what stands in a Secret obtains a token.
import { RECORD_LABELS } from '../../src/api/names.ts'
import { readDelivery } from '../../src/domain/secret-content.ts'
import type { Delivery } from '../../src/domain/secret.ts'
import type { Credential } from '../../src/domain/external.ts'
import { observedSecret } from '../../src/kube/secrets.ts'
import type { Application, Credential as Registered } from '../../src/simulator/state.ts'
import type { ApiObject } from '../doubles/memory-api/objects.ts'
import type { Change } from '../doubles/memory-api/storage.ts'
import { obtainsToken } from './lifecycle.ts'
import { pick } from './random.ts'
import type { World } from './world.ts'

/** That a Secret was given another application. */
export type Rotation = {
  readonly secret: string
  readonly atMs: number
  /** Since the application before was written there. */
  readonly afterMs: number
}

/** What stands in a Secret, or stood there, and since when; what was replaced, since when that is so. */
type Held = { readonly secret: string; readonly delivery: Delivery; readonly sinceMs: number }

export class CredentialAudit {
  readonly rotations: Rotation[] = []
  /** Empty, as long as everything that was looked at is well. */
  readonly violations: string[] = []
  /** How many token requests were made with what stood or had stood in a Secret. */
  samples = 0
  /** How many journals there were at most. */
  mostJournals = 0
  readonly #world: World
  readonly #overlapMs: number
  /** By Secret. */
  readonly #active = new Map<string, Held>()
  /** By the application's id: replaced, and not deleted yet. */
  readonly #replaced = new Map<string, Held>()
  #journals = 0

  /** From now on. Applications of this world are to work for `overlapMs` after they were replaced. */
  constructor(world: World, overlapMs: number) {
    this.#world = world
    this.#overlapMs = overlapMs
    world.api.observe((change) => this.#changed(change))
    const { state } = world.organization
    const remove = state.removeApplication.bind(state)
    state.removeApplication = (application) => {
      this.#ends(application)
      remove(application)
    }
  }

  /** Asks for a token with a Secret's credential and with a replaced one, chosen by chance. */
  async sample(random: () => number): Promise<void> {
    for (const among of [this.#active, this.#replaced]) {
      if (among.size === 0) continue
      const { secret, delivery } = pick(random, [...among.values()])
      const { credential, tokenUrl = '', application } = delivery
      this.samples++
      if (await obtainsToken(this.#world, credential, tokenUrl, application.scopes)) continue
      this.violations.push(`${secret}: a credential that should work obtains no token`)
    }
  }

  /** Applications that have been replaced and work on. */
  get retiring(): number {
    return this.#replaced.size
  }

  #changed({ verb, object }: Change): void {
    if (object.kind !== 'Secret') return
    if (object.metadata.namespace !== this.#world.operatorNamespace) return this.#written(verb, object)
    if (object.metadata.labels?.[RECORD_LABELS.record] !== 'journal') return
    this.#journals += { ADDED: 1, MODIFIED: 0, DELETED: -1 }[verb]
    this.mostJournals = Math.max(this.mostJournals, this.#journals)
  }

  #written(verb: Change['verb'], object: ApiObject): void {
    const secret = `${object.metadata.namespace}/${object.metadata.name}`
    const delivery = verb === 'DELETED' ? undefined : readDelivery(observedSecret(object))
    if (!delivery) return void this.violations.push(`${secret}: the Secret is gone, or not whole`)
    this.violations.push(...this.#faultsOf(delivery).map((fault) => `${secret}: ${fault}`))
    const before = this.#active.get(secret)
    if (before?.delivery.application.id === delivery.application.id) return
    const atMs = this.#world.time.elapsedMs
    this.#active.set(secret, { secret, delivery, sinceMs: atMs })
    if (!before) return
    this.#replaced.set(before.delivery.application.id, { ...before, sinceMs: atMs })
    this.rotations.push({ secret, atMs, afterMs: atMs - before.sinceMs })
  }

  /** Ids and credential are of one application, which lives. */
  #faultsOf({ tenantId, application: { id, clientId }, credential }: Delivery): string[] {
    const client = this.#world.organization.state.client(clientId)
    if (!client?.application) return ['there is no such client']
    const { application, credentials } = client
    return [
      ...(application.id === id ? [] : ['the client is of another application']),
      ...(application.tenantId === tenantId ? [] : ['the application is of another tenant']),
      ...(credentials.some((one) => fits(one, credential)) ? [] : ['the credential is not the client’s']),
    ]
  }

  #ends({ id }: Application): void {
    const users = Array.from(this.#active.values()).filter(({ delivery }) => delivery.application.id === id)
    for (const { secret } of users) this.violations.push(`${secret}: its application was deleted`)
    const replaced = this.#replaced.get(id)
    if (!replaced) return
    this.#replaced.delete(id)
    const workedMs = this.#world.time.elapsedMs - replaced.sinceMs
    if (workedMs >= this.#overlapMs) return
    this.violations.push(
      `${replaced.secret}: the credential before worked ${Math.ceil(this.#overlapMs - workedMs)} ms too short`,
    )
  }
}

/** True when this credential proves the client to which that one is registered. */
function fits(registered: Registered, { proof }: Credential): boolean {
  if (registered.type === 'CLIENT_SECRET') {
    return proof.type === 'ClientSecret' && registered.secret.reveal() === proof.clientSecret.reveal()
  }
  if (proof.type !== registered.type || proof.kid !== registered.kid) return false
  const { x, y, n, e } = registered.key.export({ format: 'jwk' })
  const own = JSON.parse(proof.privateKeyJwk.reveal()) as Readonly<Record<string, string>>
  return x === own['x'] && y === own['y'] && n === own['n'] && e === own['e']
}
