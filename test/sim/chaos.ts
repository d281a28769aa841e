// A random life: users, people at the console, and faults of every kind, all from one seed; and what must hold in the end.
import { heldIds } from '../../src/domain/recovery.ts'
import { CANARY } from '../leaks/search.ts'
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import type { KeyPool } from './key-pool.ts'
import { allReady, applyApplication, applyTenant, faultsOf, journals, nothingLeft, sweepAll } from './lifecycle.ts'
import { pick, seeded } from './random.ts'
import { World } from './world.ts'

export type Lived = { readonly faults: readonly string[]; readonly trace: readonly string[]; readonly world: World }

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const GARBAGE_MS = 5 * SECOND_MS
const CHAOS_MS = 3 * MINUTE_MS
/** The second day goes on for so long after all is calm: the next healing, and overlaps one after the other. */
const EVENING_MS = 40 * MINUTE_MS
const NAMES = ['web', 'batch', 'scan']
const LOOK = { cell: 'eu-1', scopes: ['documents.submissions.read', 'documents.submissions.write'] }

/** Lives through the seed's life. The same seed has the same trace. */
export async function liveThrough(pool: KeyPool, seed: number): Promise<Lived> {
  const life = new Chaos(pool, seed)
  const faults = await life.live()
  await life.world.end()
  return { faults, trace: life.world.trace, world: life.world }
}

class Chaos {
  readonly world: World
  readonly #random: () => number
  readonly #people: string[] = []
  /** Ids that were left outside because a policy said so. */
  readonly #retained = new Set<string>()
  readonly #faultRate: number
  readonly #elects: boolean
  #starts = 0
  #isCalm = false

  constructor(pool: KeyPool, seed: number) {
    this.#random = seeded(seed)
    const settings = {
      order: pick(this.#random, ['oldest-first', 'newest-first'] as const),
      applicationLinks: pick(this.#random, ['everywhere', 'single', 'never'] as const),
      secretPrefix: CANARY,
    }
    this.world = new World({ pool, random: seeded(seed + 1), settings })
    this.#faultRate = pick(this.#random, [0.02, 0.05, 0.1])
    this.#elects = this.#chance(0.25)
    this.world.choose = (waiting) => Math.floor(this.#random() * waiting)
    this.world.judge = (call) => this.#judge(call)
  }

  async live(): Promise<string[]> {
    const { world } = this
    for (let replicas = this.#elects ? 2 : 1; replicas > 0; replicas--) this.#start()
    this.#plan()
    this.#collectGarbage()
    await world.run(CHAOS_MS)

    // The storm is over: one operator, and a person who tidies up.
    this.#isCalm = true
    world.api.deliver = () => 'now'
    world.api.releaseHeld()
    world.api.expire()
    world.faults.clear()
    world.killAll()
    const last = world.startOperator('calm')
    await world.run(4 * MINUTE_MS)
    await this.#discardAll()
    this.#tidyUp()
    await world.run(EVENING_MS, () => allReady(world) && !this.#isRetiring())
    last.kill()
    let swept = await sweepAll(world, 'swept')
    if (journals(world).length > 0) {
      swept.kill()
      swept = await sweepAll(world, 'swept again')
    }
    await this.#discardAll()
    const found = (await faultsOf(world, this.#people)).filter((fault) => !this.#isExcused(fault))
    const faults = [...found, ...this.#untold()]
    swept.kill()
    return [...faults, ...(await this.#takeDown())]
  }

  /** As the cluster's own controller does. */
  #collectGarbage(): void {
    this.world.api.collectGarbage()
    this.world.time.arm(GARBAGE_MS, () => this.#collectGarbage())
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #between(fromMs: number, toMs: number): number {
    return fromMs + this.#random() * (toMs - fromMs)
  }

  #start(): void {
    this.world.startOperator(`p${++this.#starts}`, { 'leader-elect': String(this.#elects) })
  }

  /** Who does what, and when. */
  #plan(): void {
    const at = (ms: number, act: () => void) => void this.world.time.arm(ms, act)
    at(this.#between(0, 5 * SECOND_MS), () => applyTenant(this.world))
    for (const name of NAMES.slice(0, 1 + Math.floor(this.#random() * NAMES.length))) {
      const make = () => this.#attempt(() => this.#apply(name))
      at(this.#between(0, 30 * SECOND_MS), make)
      if (this.#chance(0.4)) {
        at(this.#between(5 * SECOND_MS, CHAOS_MS), () =>
          this.#attempt(() => this.world.api.delete(`RaiTenantApplication/team/${name}`)),
        )
        if (this.#chance(0.6)) at(this.#between(20 * SECOND_MS, CHAOS_MS), make)
      }
      for (const act of this.#secondDay(name)) {
        if (this.#chance(0.3)) at(this.#between(20 * SECOND_MS, CHAOS_MS), () => this.#attempt(act))
      }
    }
    for (let people = Math.floor(this.#random() * 4); people > 0; people--) {
      at(this.#between(0, CHAOS_MS), () => this.#attempt(() => this.#makeByHand()))
      at(this.#between(0, CHAOS_MS), () => this.#attempt(() => this.#deleteByHand()))
    }
    if (this.#chance(0.3)) this.#lag('lateVisibility')
    if (this.#chance(0.3)) this.#lag('lateAcceptance')
    if (this.#chance(0.3)) this.#disturbWatches()
  }

  #apply(name: string): void {
    const mode = pick(this.#random, ['EC', 'EC', 'ClientSecret'] as const)
    const onAmbiguousCreate = pick(this.#random, ['Replace', 'Replace', 'Hold'])
    applyApplication(this.world, mode, { onAmbiguousCreate, overlap: '5m' }, name)
  }

  /** What users and others do to what has been made. */
  #secondDay(name: string): readonly (() => void)[] {
    const { api } = this.world
    const change = (spec: object) => this.#change(name, { spec })
    return [
      () => this.#change(name, { annotations: { 'tenants.resistant.ai/rotate': `${api.version}` } }),
      () => change({ scopes: LOOK.scopes.slice(0, 1) }),
      () => change({ scopes: LOOK.scopes }),
      () => change({ cell: 'us-1' }),
      () => change({ auth: { type: pick(this.#random, ['EC', 'ClientSecret']) } }),
      () => change({ secret: { name: `${name}-moved` } }),
      () => api.delete(`Secret/team/${name}`),
      () => {
        // What is half deleted by then cannot be retained any more.
        if (api.get(`RaiTenantApplication/team/${name}`)?.metadata.deletionTimestamp !== undefined) return
        change({ deletionPolicy: 'Retain' })
        api.delete(`RaiTenantApplication/team/${name}`)
        this.world.time.arm(this.#between(SECOND_MS, MINUTE_MS), () => this.#attempt(() => this.#apply(name)))
      },
    ]
  }

  #change(name: string, parts: { readonly spec?: object; readonly annotations?: object }): void {
    const { spec, annotations = {} } = parts
    const metadata = { namespace: 'team', name, annotations }
    this.world.api.update({ kind: 'RaiTenantApplication', metadata, ...(spec && { spec }) })
  }

  /** What a policy leaves outside is nobody's: with `Retain`, and what was bound again unconfirmed and then replaced. */
  #noteRetained(): void {
    for (const application of this.world.api.all('RaiTenantApplication')) {
      const { metadata, spec, status } = application
      const isKept = metadata.deletionTimestamp !== undefined && spec.deletionPolicy === 'Retain'
      if (isKept || status.provenance === 'Relinked') for (const id of heldIds(application)) this.#retained.add(id)
    }
  }

  /** Somebody who sees that a Secret has gone has the operator look at it. */
  #tidyUp(): void {
    for (const { metadata } of this.world.api.all('RaiTenantApplication'))
      this.#change(metadata.name, { spec: { secret: { labels: { seen: 'yes' } } } })
  }

  #isRetiring(): boolean {
    return this.world.api.all('RaiTenantApplication').some((application) => heldIds(application).length > 1)
  }

  /** What people try may not be possible just then. */
  #attempt(act: () => void): void {
    try {
      act()
    } catch {
      // The tenant is not there yet, or the resource still is.
    }
  }

  #makeByHand(): void {
    const auth_method = { type: 'CLIENT_SECRET' }
    const { id } = this.world.person.createApplication('acme', { ...LOOK, auth_method })
    this.#people.push(id)
    this.world.ledger.ofPeople.add(id)
  }

  #deleteByHand(): void {
    const id = this.#people[0]
    if (id === undefined) return
    this.world.person.deleteApplication('acme', id)
    this.#people.shift()
  }

  #lag(kind: 'lateVisibility' | 'lateAcceptance'): void {
    const seconds = this.#between(1, 40)
    this.world.faults.add({ kind, op: 'createTenantApplication', seconds, count: 1 + Math.floor(this.#random() * 3) })
  }

  #disturbWatches(): void {
    const { world } = this
    world.api.deliver = (event) => {
      if (event.type === 'BOOKMARK' || !this.#chance(0.05)) return 'now'
      const disturbance = pick(this.#random, ['drop', 'twice', 'hold'] as const)
      const ms = this.#between(100, 20 * SECOND_MS)
      if (disturbance === 'drop') world.time.arm(ms, () => world.api.expire())
      if (disturbance === 'hold') world.time.arm(ms, () => world.api.releaseHeld())
      return disturbance
    }
  }

  #judge(call: Call): Fate {
    if (call.label.startsWith('PATCH tenants.resistant.ai')) this.#noteRetained()
    if (this.#isCalm) return PASS
    if (!this.#chance(this.#faultRate)) {
      return this.#chance(0.2) ? { fate: 'slow', afterMs: this.#between(1, 3 * SECOND_MS) } : PASS
    }
    const fate = this.#fault(call)
    if (fate.fate.startsWith('crash'))
      this.world.time.arm(this.#between(SECOND_MS, 20 * SECOND_MS), () => this.#restart())
    return fate
  }

  #restart(): void {
    if (!this.#isCalm) this.#start()
  }

  #fault({ label, isMutation }: Call): Fate {
    const isCreate = label.startsWith('create')
    const kinds = [
      'lose',
      'refuse',
      'crash-before',
      'crash-after',
      ...(this.#elects ? ['freeze-before', 'freeze-after'] : []),
    ]
    // A clean answer to a create that was carried out twice leaves, with a secret, what nobody can know of.
    if (isCreate && label !== 'createTenantApplication CLIENT_SECRET') kinds.push('twice')
    if (isCreate || (isMutation && this.#chance(0.3))) kinds.push('late')
    if (isCreate && this.#elects) kinds.push('freeze-sent')
    const fate = pick(this.#random, kinds)
    if (fate === 'late') return { fate, afterMs: this.#between(SECOND_MS, 10 * MINUTE_MS) }
    if (fate.startsWith('freeze')) {
      return { fate: fate as 'freeze-before', forMs: this.#between(SECOND_MS, 2 * MINUTE_MS) }
    }
    return { fate: fate as 'lose' }
  }

  /** Every suspect that an operator made is given up by a person; those of people are known to be used. */
  async #discardAll(): Promise<void> {
    const { world } = this
    for (const { metadata, status } of world.api.all('RaiTenantApplication')) {
      const own = (status.suspects ?? []).filter((one) => !this.#people.includes(one.applicationId))
      for (const { applicationId } of own) {
        world.ledger.givenUp.add(applicationId)
        const annotations = { 'tenants.resistant.ai/discard-suspect': applicationId }
        world.api.update({ kind: 'RaiTenantApplication', metadata: { ...nameIn(metadata), annotations } })
        await world.run(5 * MINUTE_MS, () => !this.#isThere(applicationId))
        await world.run(SECOND_MS)
      }
      if (own.length > 0) {
        const annotations = { 'tenants.resistant.ai/discard-suspect': null }
        world.api.update({ kind: 'RaiTenantApplication', metadata: { ...nameIn(metadata), annotations } })
        await world.run(MINUTE_MS)
      }
    }
  }

  /**
   * What is left of a lost secret is judged by whether it was told. And a resource that is held because of applications of
   * people alone waits for ever: only a person could know that they are not its own.
   */
  #isExcused(fault: string): boolean {
    if (fault === 'suspect' || fault === 'leaked an application') return true
    return this.world.api.all('RaiTenantApplication').some(({ metadata, status }) => {
      const suspects = status.suspects ?? []
      const why = status.conditions?.find(({ type }) => type === 'Synced')?.reason
      const isHeld = suspects.length > 0 && (status.applicationId === undefined || why === 'AmbiguousCreate')
      const areOfPeople = suspects.every(({ applicationId }) => this.#people.includes(applicationId))
      return isHeld && areOfPeople && fault.startsWith(`${metadata.name} `)
    })
  }

  #isThere(id: string): boolean {
    return this.world.person.look().applications.some((one) => one.id === id)
  }

  /** What an operator made and nobody holds has been told, somewhere, by its id; and only a lost secret may be so. */
  #untold(): string[] {
    const { world } = this
    const notes = world.api.all('Event').filter((event) => event['reason'] === 'OrphanSuspected')
    return world.person.look().applications.flatMap(({ id, auth }) => {
      if (!world.ledger.made.has(id) || this.#retained.has(id) || this.#isHeld(id)) return []
      if (auth !== 'CLIENT_SECRET') return ['leaked an application with a key']
      return notes.some((event) => String(event['note']).includes(id)) ? [] : ['leaked an application without a word']
    })
  }

  #isHeld(id: string): boolean {
    return this.world.api.all('RaiTenantApplication').some(({ status }) => status.applicationId === id)
  }

  /** What came too late to be told from a stranger's is confirmed by a person, and may be deleted then. */
  async #confirmAll(): Promise<void> {
    const { world } = this
    for (const tenant of world.api.all('RaiTenant')) {
      if (tenant.status.provenance !== 'Relinked') continue
      const annotations = { 'tenants.resistant.ai/confirm': tenant.status.tenantId }
      world.api.update({ kind: 'RaiTenant', metadata: { ...nameIn(tenant.metadata), annotations } })
    }
    for (const application of world.api.all('RaiTenantApplication')) {
      if (application.status.provenance !== 'Relinked') continue
      const annotations = { 'tenants.resistant.ai/confirm': application.status.applicationId }
      world.api.update({ kind: 'RaiTenantApplication', metadata: { ...nameIn(application.metadata), annotations } })
    }
    await world.run(MINUTE_MS)
  }

  /** In the end everything is deleted, and nothing but what people made is left. */
  async #takeDown(): Promise<string[]> {
    const { world } = this
    const last = world.startOperator('last')
    await this.#confirmAll()
    const names = world.api.all('RaiTenantApplication').map(({ metadata }) => metadata.name)
    for (const name of names) world.api.delete(`RaiTenantApplication/team/${name}`)
    await world.run(10 * MINUTE_MS, () => world.api.all('RaiTenantApplication').length === 0)
    // What is left by now was told: people see to it.
    const { applications } = world.person.look()
    for (const { id } of applications) world.person.deleteApplication('acme', id)
    if (world.api.get('RaiTenant/team/acme')) world.api.delete('RaiTenant/team/acme')
    const isGone = await world.run(20 * MINUTE_MS, () => nothingLeft(world))
    last.kill()
    // A journal that reached the cluster late, when its resource had gone, is given up first and swept then.
    for (const name of ['end', 'very end']) if (journals(world).length > 0) (await sweepAll(world, name)).kill()
    const { tenants } = world.person.look()
    return [
      ...(isGone ? [] : ['the resources do not go']),
      ...(tenants.length === 0 ? [] : ['a tenant is left']),
      ...journals(world).map(() => 'a journal is left in the end'),
    ]
  }
}

function nameIn({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return { namespace, name }
}
