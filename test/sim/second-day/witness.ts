// Sees to it that what is promised of a credential holds at every moment of a life, not only in its end.
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import type { ApiObject } from '../../doubles/memory-api/objects.ts'
import { SECOND_LOOK_MS } from '../../../src/domain/gone.ts'
import { APPLICATION } from '../lifecycle.ts'
import type { World } from '../world.ts'

/** How long `Ready` may speak of what somebody took away, where that is pointed at: with a second look, and a restart. */
const NOTICED_MS = SECOND_LOOK_MS + 15_000
/** Instants are sums of fractions. */
const ROUNDING_MS = 0.01
/** How many applications of a resource may live at a time. Source: docs/api.md, "Rotation and replacement". */
const MOST_LIVE = 3

export class Witness {
  /** Words without ids, each once. */
  readonly faults = new Set<string>()
  readonly #world: World
  readonly #overlapMs: number
  readonly #lostAnswers: number
  readonly #noticedInMs: number
  /** The applications whose credentials stand in a Secret and work, and when others went from there. */
  #delivered = new Set<string>()
  readonly #replacedAt = new Map<string, number>()
  #brokenAt: number | undefined
  #isExcused = false
  #isWanted = true
  #seen = ''

  /** `lostAnswers`: with `ClientSecret`, so many may live beside the others of which nobody can have the secret. */
  constructor(
    world: World,
    options: { readonly overlapMs: number; readonly lostAnswers: number; readonly noticedInMs?: number | undefined },
  ) {
    this.#world = world
    this.#overlapMs = options.overlapMs
    this.#lostAnswers = options.lostAnswers
    this.#noticedInMs = options.noticedInMs ?? NOTICED_MS
  }

  /** Somebody takes the credential away: until there is another one, nothing works. */
  excuse(): void {
    this.#isExcused = true
  }

  /** Looks at all there is now; true when that is not as it was. */
  look(): boolean {
    const { api, ledger, time } = this.#world
    const seen = `${api.version} ${ledger.mutations.length}`
    const isNews = seen !== this.#seen
    this.#seen = seen
    if (isNews) this.#lookClosely()
    if (this.#brokenAt !== undefined && time.elapsedMs - this.#brokenAt > this.#noticedInMs) {
      this.faults.add('Ready without a credential that works')
    }
    return isNews
  }

  #lookClosely(): void {
    const { api, ledger } = this.#world
    api.collectGarbage()
    const standing = new Set(this.#world.person.look().applications.map(({ id }) => id))
    const live = [...ledger.made].filter((id) => standing.has(id) && !ledger.givenUp.has(id))
    const resource = api.get(APPLICATION)
    const lost = resource?.spec.auth.type === 'ClientSecret' ? this.#lostAnswers : 0
    if (live.length > MOST_LIVE + lost) this.faults.add(`${live.length} applications live at a time`)
    if (resource) this.#isWanted = isWanted(resource)
    if (!this.#isWanted) return this.#replacedAt.clear()
    this.#noteCredential(standing)
    this.#noteReadiness(resource)
  }

  #noteCredential(standing: ReadonlySet<string>): void {
    const { elapsedMs } = this.#world.time
    const working = new Set(this.#secrets().flatMap((secret) => worksIn(this.#world, secret) ?? []))
    // What is immutable is away for a moment when it is made anew.
    if (working.size > 0) this.#isExcused = this.#secrets().some(({ immutable }) => immutable === true)
    else if (!this.#isExcused) this.faults.add('no credential in the Secret works')
    for (const id of this.#delivered) if (!working.has(id)) this.#replacedAt.set(id, elapsedMs)
    this.#delivered = working
    for (const [id, at] of this.#replacedAt) {
      if (standing.has(id)) continue
      if (this.#world.ledger.deleted.has(id) && elapsedMs - at < this.#overlapMs - ROUNDING_MS) {
        this.faults.add('a replaced application was deleted before its overlap')
      }
      this.#replacedAt.delete(id)
    }
  }

  /** The Secrets in which a workload may look. */
  #secrets(): ApiObject[] {
    return ['web', 'elsewhere'].flatMap((name) => this.#world.api.get(`Secret/team/${name}`) ?? [])
  }

  #noteReadiness(resource: RaiTenantApplication | undefined): void {
    const ready = resource?.status.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status !== 'True' || this.#delivered.size > 0) this.#brokenAt = undefined
    else this.#brokenAt ??= this.#world.time.elapsedMs
  }
}

/** False once its deletion takes all along. */
function isWanted({ metadata, spec }: RaiTenantApplication): boolean {
  return metadata.deletionTimestamp === undefined || spec.deletionPolicy === 'Retain'
}

/** The id of the application whose credential stands in this Secret, if it opens that. */
function worksIn(world: World, { data = {} }: ApiObject & { readonly data?: Readonly<Record<string, string>> }) {
  const value = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString()
  const client = world.organization.state.client(value('client_id'))
  const [credential] = client?.credentials ?? []
  if (!client?.application || !credential) return undefined
  const opens =
    credential.type === 'CLIENT_SECRET'
      ? credential.secret.reveal() === value('client_secret')
      : credential.kid === value('kid') && value('private_key.pem') !== ''
  return opens ? client.application.id : undefined
}
