// One soak: a fleet at rest, changes and faults for a while, and the fleet at rest again.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Operator } from '../../stack/operator.ts'
import { allow } from '../../stack/roles.ts'
import { startStack } from '../../stack/stack.ts'
import type { Stack } from '../../stack/stack.ts'
import { blackHole, disturbConnections, disturbPlane, paused } from './faults.ts'
import type { Noticed } from './faults.ts'
import { Fleet, isSettled, UNPROVABLE } from './fleet.ts'
import { Held, probing } from './held.ts'
import { atRest, growth } from './judged.ts'
import { discard } from './changes.ts'
import { Load } from './load.ts'
import { lookOutside } from './outside.ts'
import type { Counts } from './probe.ts'
import { Proxy } from '../../stack/proxy.ts'
import type { Figures } from './told.ts'

const WARM_UP_MS = 75_000
/** Bytecode goes while the operator rests and is asked what it holds: that much longer until it is there again. */
const LEAD_IN_MS = 120_000
const SAMPLE_EVERY_MS = 20_000
/** Of the issue: twenty in half an hour. */
const HOLE_EVERY_MS = 90_000
const LOOKS = 20
const LOOK_EVERY_MS = 4_000
/** Watches begin again within seconds, and connections go that are not used for half a minute. */
const ANEW_MS = 45_000
const SETTLED_MS = 900_000
/** Of journals: what ends well is swept within minutes, and the rest in a day. */
const SWEPT_SOON = ['open', 'answered', 'bound', 'rejected'] as const
/** … by passes: the last one for the best part of an hour comes ten minutes after a create. */
const LAST_PASS_MS = 620_000
const FLAGS = {
  'requests-per-second': 50,
  burst: 50,
  // Often, and yet so that its connections, which are kept for half a minute, are the exception at rest.
  'sweep-interval': '2m',
  'watch-secrets': 'true',
  'log-level': 'info',
}

type Say = (line: string) => void

export class Soak {
  readonly #stack: Stack
  readonly #proxy: Proxy
  readonly #operator: Operator
  readonly #held: Held
  readonly #fleet: Fleet
  readonly #say: Say
  readonly #faults: Record<string, number> = {}
  readonly #failures: string[] = []
  readonly #samples: { seconds: number; heap: number; resources: number }[] = []
  readonly #noticed: Noticed[] = []

  private constructor(stack: Stack, proxy: Proxy, operator: Operator, held: Held, say: Say) {
    this.#stack = stack
    this.#proxy = proxy
    this.#operator = operator
    this.#held = held
    this.#fleet = new Fleet(stack)
    this.#say = say
  }

  /** A stack whose operator reaches the API server through a proxy, and tells what it holds. */
  static async begin(say: Say): Promise<Soak> {
    const stack = await startStack('soak', { flags: FLAGS })
    // This one was not probed.
    await stack.operator.stop()
    for (const what of ['secrets', 'namespaces'] as const) {
      await allow(stack.cluster, `rai-operator-${stack.namespace}`, what)
    }
    const proxy = await Proxy.begin(new URL(stack.cluster.server))
    const kubeconfig = join(stack.directory, 'kubeconfig')
    await writeFile(kubeconfig, proxy.kubeconfig(await readFile(String(stack.settings['kubeconfig']), 'utf8')))
    const nodeFlags = await probing(stack.directory)
    const operator = await stack.startOperator('soaked', { flags: { kubeconfig }, nodeFlags })
    return new Soak(stack, proxy, operator, await Held.by(operator), say)
  }

  /** Where logs and figures stand. */
  get directory(): string {
    return this.#stack.directory
  }

  async run(minutes: number): Promise<Figures> {
    void this.#operator.exited.then(({ code, signal }) => this.#failures.push(`the operator ended: ${signal ?? code}`))
    await this.#fleet.apply()
    await this.#settle('all are Ready')
    this.#say(`warms up for ${WARM_UP_MS / 1000} s`)
    await this.#loseAnswer()
    await this.#stir(WARM_UP_MS, { holes: 1, eachMs: 8_000, restMs: 3_000 })
    await this.#rest()
    const before = await this.#look()
    for (const counts of [this.#faults, this.#noticed, this.#samples]) clear(counts)
    this.#say(`changes and faults for ${minutes} min, and for ${LEAD_IN_MS / 60_000} min before these`)
    const stirMs = LEAD_IN_MS + minutes * 60_000
    const holes = Math.max(1, Math.round(stirMs / HOLE_EVERY_MS))
    const changes = await this.#stir(stirMs, { holes, eachMs: 12_000, restMs: 8_000 })
    await this.#rest()
    // Passes over what was lost, one every half minute, would keep a connection of their own.
    await this.#fleet.until(
      'the passes of ten minutes are over',
      () => this.#fleet.areJournalsOlderThan(LAST_PASS_MS),
      SETTLED_MS,
    )
    const after = await this.#look()
    const { failures, ...outside } = await lookOutside(this.#stack.controlPlane, this.#fleet)
    return {
      minutes,
      changes,
      faults: this.#faults,
      blackHoles: this.#noticed,
      rest: { before, after },
      samples: this.#samples,
      growth: growth(this.#samples.flatMap(({ seconds, heap }) => (seconds * 1_000 > LEAD_IN_MS ? [heap] : []))),
      ...outside,
      failures: [...this.#failures, ...failures],
    }
  }

  async stop(): Promise<void> {
    this.#held.close()
    await this.#stack.stop()
    this.#proxy.close()
  }

  /** What is to be looked for a day long is there before and after, and so is the timer for it. */
  async #loseAnswer(): Promise<void> {
    const { controlPlane } = this.#stack
    const creates = async () => (await controlPlane.counts())['createTenantApplication'] ?? 0
    const before = await creates()
    await controlPlane.disturb({ kind: 'close', when: 'after', op: 'createTenantApplication' })
    await this.#fleet.ask(UNPROVABLE, { rotate: 'once' })
    await this.#fleet.until('an answer is lost', async () => (await creates()) > before)
  }

  /** Changes and faults for so long, and until the last of so many black holes is noticed. How many changes. */
  async #stir(
    ms: number,
    pace: { readonly holes: number; readonly eachMs: number; readonly restMs: number },
  ): Promise<Counts> {
    const over = new AbortController()
    const load = new Load(this.#fleet)
    const faults = async () => {
      while (!over.signal.aborted) await disturbPlane(this.#stack.controlPlane, pace, this.#faults, over.signal)
    }
    const others = [
      load.run(over.signal),
      faults(),
      disturbConnections(this.#proxy, this.#faults, over.signal),
      this.#sample(over.signal),
    ]
    const holes = this.#blackHoles(pace.holes, ms / pace.holes)
    try {
      // Whatever fails ends the whole.
      await Promise.race([Promise.all([holes, sleep(ms)]), Promise.all(others)])
    } finally {
      over.abort()
      await this.#stack.controlPlane.calm()
    }
    await Promise.all(others)
    this.#failures.push(...load.failures)
    return load.counts
  }

  async #sample(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    while (!signal.aborted) {
      await paused(SAMPLE_EVERY_MS, signal)
      if (signal.aborted) break
      const heap = await this.#held.ask('heap')
      const resources = (await this.#fleet.applications()).length + (await this.#fleet.tenants()).length
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      this.#samples.push({ seconds, heap, resources })
      this.#say(`${seconds} s: ${(heap / 2 ** 20).toFixed(2)} MiB, ${resources} resources`)
    }
  }

  /** One watch after the other, and now and then all connections at once. */
  async #blackHoles(count: number, everyMs: number): Promise<void> {
    const paths = [...new Set((await this.#held.ask('watches')).map(({ path }) => path))].toSorted()
    const turns = [undefined, ...paths]
    const startedAt = performance.now()
    for (let index = 0; index < count; index++) {
      const restMs = startedAt + index * everyMs - performance.now()
      if (restMs > 0) await sleep(restMs)
      const noticed = await blackHole(this.#proxy, this.#held, turns[index % turns.length])
      this.#noticed.push(noticed)
      const longest = Math.max(...Object.values(noticed.ms)) / 1000
      this.#say(`black hole ${index + 1} (${noticed.what}): noticed after ${longest.toFixed(1)} s`)
    }
  }

  /** Waits until all is done and suspects are discarded. */
  async #settle(what: string): Promise<void> {
    const fleet = this.#fleet
    const isDone = async () => {
      const applications = await fleet.applications()
      for (const one of applications) if (one.status.suspects?.length) await discard(fleet, one)
      return [...applications, ...(await fleet.tenants())].every(isSettled)
    }
    await fleet.until(what, isDone, SETTLED_MS)
    this.#say(what)
  }

  /** … and until what was replaced has retired, and those journals are swept that can be by now. */
  async #rest(): Promise<void> {
    const fleet = this.#fleet
    await this.#settle('all are Ready')
    const isOver = async () => {
      const isRetiring = (await fleet.applications()).some(({ status }) => (status.credentials?.length ?? 0) > 1)
      return !isRetiring && (await fleet.journals(...SWEPT_SOON)) === 0
    }
    await fleet.until('all has retired, and journals are swept', isOver)
    this.#say(`at rest; ${await fleet.journals()} journals wait for hours`)
  }

  async #look(): Promise<Counts> {
    // A watch that has ended by itself goes on over a connection that was used before, which holds other timers: all begin anew.
    this.#proxy.cut()
    await sleep(ANEW_MS)
    const looks: Counts[] = []
    for (let index = 0; index < LOOKS; index++) {
      await sleep(LOOK_EVERY_MS)
      looks.push(await this.#held.ask('counts'))
    }
    return atRest(looks)
  }
}

function clear(counts: Record<string, number> | unknown[]): void {
  if (Array.isArray(counts)) counts.length = 0
  else for (const name of Object.keys(counts)) delete counts[name]
}
