// One leader after another is ended, and the time that its successor needs is taken.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Operator } from '../stack/operator.ts'
import { untilLogged } from '../stack/program.ts'
import { leaderAmong, startStandby } from '../stack/replicas.ts'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'

/** How soon things have to happen, with default settings of the Lease. */
export const LIMITS = { killedMs: 20_000, stoppedMs: 3_000, exitMs: 3_000 } as const

const TENANT = 'acme'
/** How long the POST takes during which a leader is told to end: long enough that it surely is under way. */
const POST_SECONDS = 2
const POLL_MS = 10
/** What has happened stands in the log this soon. */
const TOLD_MS = 2_000

/** A SIGTERM while a POST is under way. */
export type Interrupted = {
  /** From the end of the POST until the process has ended, in milliseconds. */
  readonly exitMs: number
  /** From the end of the process until what was asked for is Ready. */
  readonly readyMs: number
}

/** Two replicas at any time, with default settings of the Lease. Each trial ends the leader and starts another replica. */
export class Takeovers {
  readonly stack: Stack
  #replicas: readonly Operator[]
  #names = 0

  private constructor(stack: Stack, replicas: readonly Operator[]) {
    this.stack = stack
    this.#replicas = replicas
  }

  static async begin(name: string): Promise<Takeovers> {
    const stack = await startStack(name, { flags: { 'log-level': 'info' } })
    await stack.apply(tenant(TENANT))
    await stack.kubectl(['wait', '--for=condition=Ready', '--timeout=30s', `raitenant/${TENANT}`])
    const standby = await startStandby(stack, 'replica-0')
    return new Takeovers(stack, [stack.operator, standby])
  }

  /** From SIGKILL of the leader until a resource that is made right then is Ready, in milliseconds. */
  killed(): Promise<number> {
    return this.#endedAtRest('SIGKILL')
  }

  /** … from SIGTERM, while it has nothing under way. */
  stopped(): Promise<number> {
    return this.#endedAtRest('SIGTERM')
  }

  /** SIGTERM while a POST is under way: what it makes is bound by the successor, and works. */
  async stoppedWhilePosting(when: 'before' | 'after', auth: 'EC' | 'ClientSecret'): Promise<Interrupted> {
    const { controlPlane } = this.stack
    const { leader } = await leaderAmong(this.#replicas)
    const before = (await this.#posts()).length
    await controlPlane.disturb({ kind: 'delay', op: 'createTenantApplication', seconds: POST_SECONDS, when })
    const name = await this.#apply({ auth: { type: auth } })
    await eventually('the POST is under way', async () => (await this.#posts()).length > before)
    const exited = leader.exited.then((exit) => ({ ...exit, at: performance.now() }))
    leader.kill('SIGTERM')
    const postEndedAt = await this.#untilAnswered(before)
    const exit = await exited
    if (exit.code !== 0) throw new Error(`the leader ended with ${JSON.stringify(exit)}`)
    const readyAt = await this.#untilReady(name)
    await this.#isWhole(name)
    await this.#replace(leader)
    return { exitMs: Math.max(0, exit.at - postEndedAt), readyMs: Math.max(0, readyAt - exit.at) }
  }

  /** Each resource stands for one application that exists, and no other one exists: no POST was made in vain, or twice. */
  async surplus(): Promise<readonly string[]> {
    const { applications } = await this.stack.controlPlane.state()
    const bound = (await this.stack.applications()).map(({ status }) => status.applicationId)
    const posts = (await this.#posts()).length
    const unbound = applications.filter(({ id }) => !bound.includes(id)).map(({ id }) => id)
    return [...unbound, ...(posts === bound.length ? [] : [`${posts} POSTs for ${bound.length} resources`])]
  }

  stop(): Promise<void> {
    return this.stack.stop()
  }

  async #endedAtRest(signal: NodeJS.Signals): Promise<number> {
    const { leader, standbys } = await leaderAmong(this.#replicas)
    const startedAt = performance.now()
    leader.kill(signal)
    const name = await this.#apply()
    const readyAt = await this.#untilReady(name)
    await this.#isWhole(name)
    // Who was told to end might have been quick enough to make it itself.
    const made = `"operation":"createTenantApplication".*"key":"${this.stack.namespace}/${name}"`
    await untilLogged(standbys[0]!, new RegExp(made), AbortSignal.timeout(TOLD_MS))
    await this.#replace(leader)
    return readyAt - startedAt
  }

  async #apply(spec: object = {}): Promise<string> {
    const name = `app-${++this.#names}`
    await this.stack.server.create(this.stack.paths.applications, application(name, TENANT, spec))
    return name
  }

  #posts() {
    return this.stack.controlPlane.calls('createTenantApplication')
  }

  async #untilAnswered(index: number): Promise<number> {
    while ((await this.#posts())[index]?.status === null) await sleep(POLL_MS)
    return performance.now()
  }

  async #untilReady(name: string): Promise<number> {
    const until = performance.now() + 60_000
    while (!isReady(await this.stack.application(name))) {
      if (performance.now() > until) throw new Error(`${name} is not Ready within a minute`)
      await sleep(POLL_MS)
    }
    return performance.now()
  }

  async #isWhole(name: string): Promise<void> {
    const secret = await this.stack.secret(name)
    if (!secret) throw new Error(`${name} is Ready without a Secret`)
    await obtainToken(secret)
  }

  async #replace(ended: Operator): Promise<void> {
    await ended.exited
    const left = this.#replicas.filter((operator) => operator !== ended)
    await leaderAmong(left)
    this.#replicas = [...left, await startStandby(this.stack, `replica-${this.#names}`)]
  }
}
