// A simulated world: cluster, organization, operators and people on one virtual clock, every call in one line.
import { Calls } from '../../src/simulator/calls.ts'
import type { Faults } from '../../src/simulator/faults.ts'
import type { HttpReply } from '../../src/simulator/http-server.ts'
import { organizationClient } from '../../src/simulator/organization.ts'
import { Person } from '../../src/simulator/person.ts'
import type { Settings } from '../../src/simulator/settings.ts'
import { DEFAULT_SETTINGS } from '../../src/simulator/settings.ts'
import type { World as Organization } from '../../src/simulator/world.ts'
import { newWorld, ORGANIZATION_AUTH_SERVER, tokenUrl } from '../../src/simulator/world.ts'
import type { HttpAnswer, HttpCall } from '../../src/controlplane/http-client.ts'
import { NoAnswer } from '../../src/controlplane/no-answer.ts'
import { parseRetryAfter } from '../../src/controlplane/retry-after.ts'
import type { KeyMaker } from '../../src/controllers/ports.ts'
import { Redacted } from '../../src/redacted.ts'
import { MemoryApiServer } from '../doubles/memory-api/server.ts'
import type { LogLine } from '../doubles/recorded-log.ts'
import { quiescent } from './background.ts'
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import { OperatorProcess, organizationSecret } from './process.ts'
import { Ledger } from './ledger.ts'
import { VirtualTime } from './virtual-time.ts'

export type WorldOptions = {
  readonly pool: { maker(): KeyMaker }
  /** In [0, 1). */
  readonly random: () => number
  readonly settings?: Partial<Settings>
}

/** Decides what happens to a call. */
export type Judge = (call: Call) => Fate

type Pending = { readonly process: OperatorProcess; readonly call: Call }

const CLIENT_ID = 'organization'
const CLIENT_SECRET = 'organization-secret'

export class World {
  readonly time = new VirtualTime()
  readonly api: MemoryApiServer
  readonly organization: Organization
  readonly person: Person
  readonly ledger: Ledger
  readonly origin = 'http://127.0.0.1:1'
  readonly operatorNamespace = 'rai-system'
  readonly organizationTokenUrl: string
  readonly organizationCredential = organizationSecret(CLIENT_ID, CLIENT_SECRET)
  readonly keys: KeyMaker
  readonly random: () => number
  /** What happened, call by call, the same for the same seed. */
  readonly trace: string[] = []
  /** What becomes of each call. */
  judge: Judge = () => PASS
  /** Which of the calls that wait comes next. */
  choose: (waiting: number) => number = () => 0
  readonly #calls: Calls
  readonly #processes: OperatorProcess[] = []
  #waiting: Pending[] = []
  #count = 0
  #failure: unknown

  constructor({ pool, random, settings = {} }: WorldOptions) {
    const clock = this.time.clock()
    this.random = random
    this.keys = pool.maker()
    this.api = new MemoryApiServer({ clock })
    this.organization = newWorld(clock, { ...DEFAULT_SETTINGS, ...settings }, this.origin)
    this.organization.state.addClient(
      organizationClient({ clientId: CLIENT_ID, clientSecret: new Redacted(CLIENT_SECRET) }),
    )
    this.organizationTokenUrl = tokenUrl(this.organization, ORGANIZATION_AUTH_SERVER)
    this.#calls = new Calls(this.organization, new AbortController().signal)
    this.person = new Person(this.organization)
    this.ledger = new Ledger(this)
    for (const name of [this.operatorNamespace, 'team']) this.api.create({ kind: 'Namespace', metadata: { name } })
  }

  /** A new life of the operator, started. */
  startOperator(name: string, flags: Readonly<Record<string, string | number>> = {}): OperatorProcess {
    const process = new OperatorProcess(this, name, flags)
    this.#processes.push(process)
    process.start()
    return process
  }

  submit(process: OperatorProcess, call: Omit<Call, 'index' | 'process' | 'origin'>): void {
    const index = this.#count++
    this.#waiting.push({ process, call: { ...call, index, origin: index, process: process.name } })
  }

  /** How many calls there were. */
  get calls(): number {
    return this.#count
  }

  /** What all its operators have logged, whether they live or not. */
  get log(): readonly LogLine[] {
    return this.#processes.flatMap(({ log }) => log.lines)
  }

  /** As when all their machines fail at once. */
  killAll(): void {
    for (const process of this.#processes) process.kill()
  }

  /** Faults of the service itself, as the simulator knows them. */
  get faults(): Faults {
    return this.#calls.faults
  }

  /** Ends the world: what is left of its processes would be kept for ever. */
  async end(): Promise<void> {
    for (const process of this.#processes) void process.bury()
    await quiescent()
    await quiescent()
  }

  /** Something that must never happen did. */
  fail(error: unknown): void {
    this.#failure ??= error
  }

  /** Asks the simulator as a client does. */
  async ask(call: HttpCall, by = 'a person'): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    const reply: HttpReply = {
      send: ({ status, body = '', headers = {} }) => {
        const now = this.organization.clock.now()
        const retryAfterMs = parseRetryAfter(headers['Retry-After'] ?? null, now)
        resolve({ status, text: String(body), retryAfterMs, dateMs: now })
      },
      cut: () => reject(new NoAnswer('ECONNRESET')),
      hangUp: () => reject(new NoAnswer('ECONNRESET')),
      gone: new AbortController().signal,
    }
    const { method, url, headers, body = '' } = call
    await this.#calls.handle(
      {
        method,
        path: url.pathname,
        query: url.searchParams,
        body,
        local: false,
        authorization: headers['Authorization'],
        contentType: headers['Content-Type'],
      },
      reply,
    )
    const answer = await promise
    this.ledger.note(by, call, answer)
    return answer
  }

  /** Runs until `isDone`, or until `forMs` of virtual time have passed: true when it was done. */
  async run(forMs: number, isDone: () => boolean = () => false): Promise<boolean> {
    const until = this.time.elapsedMs + forMs
    for (;;) {
      await quiescent()
      if (this.#failure !== undefined) throw this.#failure as Error
      if (isDone()) return true
      if (await this.#step()) continue
      const next = this.time.nextAt()
      if (next === undefined || next > until) break
      this.time.fire()
    }
    this.time.advanceTo(until)
    return isDone()
  }

  /** Takes the next call, if one waits. */
  async #step(): Promise<boolean> {
    this.#waiting = this.#waiting.filter(({ process }) => process.isAlive || process.ended !== undefined)
    if (this.#waiting.length === 0) return false
    const [next] = this.#waiting.splice(this.choose(this.#waiting.length), 1)
    await this.#carryOut(next!)
    return true
  }

  async #carryOut({ process, call }: Pending): Promise<void> {
    const fate = this.judge(call)
    this.trace.push(`${call.process} ${call.kind} ${call.label}${fate.fate === 'pass' ? '' : ` ! ${fate.fate}`}`)
    switch (fate.fate) {
      case 'pass':
        await call.perform()
        return call.deliver()
      case 'crash-before':
        return process.kill()
      case 'crash-after':
        await call.perform()
        return process.kill()
      case 'refuse':
        return call.lose()
      case 'lose':
        await call.perform()
        return call.lose()
      case 'twice':
        await call.perform()
        call.deliver()
        return call.perform()
      case 'late':
        call.pass()
        call.lose()
        this.time.arm(fate.afterMs, () => void call.perform())
        return
      case 'slow':
        this.time.arm(fate.afterMs, () => this.submitAgain(process, call))
        return
      case 'freeze-before':
        return this.#freeze(process, fate.forMs, () => this.submitAgain(process, call))
      case 'freeze-sent':
        call.pass()
        return this.#freeze(process, fate.forMs, () => this.submitAgain(process, call))
      case 'freeze-after':
        await call.perform()
        return this.#freeze(process, fate.forMs, () => call.deliver())
    }
  }

  submitAgain(process: OperatorProcess, call: Call): void {
    this.#waiting.push({ process, call: { ...call, index: this.#count++ } })
  }

  #freeze(process: OperatorProcess, forMs: number, thawed: () => void): void {
    process.freeze()
    this.time.arm(forMs, () => {
      process.thaw()
      thawed()
    })
  }

  /** A path without what differs from life to life. */
  label(path: string): string {
    return path
      .replace(/^\/(apis|api)\//, '')
      .replace(/journal-[^/]*/, 'journal-*')
      .replace(/\/tenant-[^/]*/, '/tenant-*')
      .replace(/events\/[^/]*$/, 'events/*')
  }
}
