// What operators did to the organization, call by call, and whether any of it was not theirs to do.
import type { HttpAnswer, HttpCall } from '../../src/controlplane/http-client.ts'
import type { World } from './world.ts'

export class Ledger {
  /** Ids that people made. */
  readonly ofPeople = new Set<string>()
  /** Ids that a person gave up by a request on a resource. */
  readonly givenUp = new Set<string>()
  /** How often each operation was carried out by an operator, with success. */
  readonly done = new Map<string, number>()
  /** Ids of applications that operators made. */
  readonly made = new Set<string>()
  /** Ids of applications that operators deleted. */
  readonly deleted = new Set<string>()
  /** POSTs of applications that reached the organization. */
  posts = 0
  readonly violations: string[] = []
  /** Everything that was not a read, token requests among it. */
  readonly mutations: { readonly by: string; readonly operation: string; readonly atMs: number }[] = []
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  note(by: string, call: HttpCall, { status, text }: HttpAnswer): void {
    const { operation } = call
    if (call.method !== 'GET') this.mutations.push({ by, operation, atMs: this.#world.time.elapsedMs })
    if (operation === 'createTenantApplication') this.posts++
    if (status >= 300) return
    this.done.set(operation, this.count(operation) + 1)
    if (operation === 'createTenantApplication') this.made.add((JSON.parse(text) as { readonly id: string }).id)
    if (operation === 'deleteTenantApplication') this.#deleted(decodeURIComponent(call.url.pathname.split('/').at(-1)!))
  }

  count(operation: string): number {
    return this.done.get(operation) ?? 0
  }

  /** V1, V2, V3 of the protocol's model: nobody else's, and not one that a resource uses and wants to keep. */
  #deleted(id: string): void {
    this.deleted.add(id)
    if (this.ofPeople.has(id) && !this.givenUp.has(id)) this.violations.push(`deleted an application of a person`)
    for (const { metadata, status } of this.#world.api.stored('RaiTenantApplication')) {
      if (metadata.deletionTimestamp === undefined && status.applicationId === id) {
        this.violations.push(`deleted the application that ${metadata.namespace}/${metadata.name} uses`)
      }
    }
  }
}
