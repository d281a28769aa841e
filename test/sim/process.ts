// One life of the operator in a simulated world: the whole composition, with every way to the outside in the world's hands.
import { parseCommand } from '../../src/config.ts'
import type { Config } from '../../src/config.ts'
import type { Http, HttpAnswer, HttpCall } from '../../src/controlplane/http-client.ts'
import { NoAnswer } from '../../src/controlplane/no-answer.ts'
import { Lifecycle } from '../../src/engine/lifecycle.ts'
import { failureOfSilence } from '../../src/kube/failures.ts'
import type { Method, Query, RequestOptions, Transport } from '../../src/kube/transport.ts'
import { compose } from '../../src/operator/compose.ts'
import type { Edges } from '../../src/operator/edges.ts'
import { Redacted } from '../../src/redacted.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import type { Call, CallKind } from './calls.ts'
import { VirtualClock } from './virtual-time.ts'
import type { World } from './world.ts'

/** The settings of every simulated operator, but those that a scenario changes. */
export function configOf(world: World, flags: Readonly<Record<string, string | number>>): Config {
  const all = {
    'control-plane-url': `${world.origin}/v0`,
    'token-url': world.organizationTokenUrl,
    'documents-api-url': 'http://127.0.0.1:1/documents/{cell}',
    organization: 'org',
    'credentials-dir': '/nowhere',
    kubeconfig: '/nowhere',
    'operator-namespace': world.operatorNamespace,
    'requests-per-second': 1000,
    burst: 1000,
    'leader-elect': 'false',
    // A sweep is a call for every resource: what is not about it goes without, as far as may be.
    'sweep-interval': '24h',
    ...flags,
  }
  const command = parseCommand(['run', ...Object.entries(all).map(([name, value]) => `--${name}=${value}`)], {})
  if (command.command !== 'run') throw new Error('not a command to run')
  return command.config
}

export class OperatorProcess {
  readonly name: string
  readonly clock: VirtualClock
  readonly log = new RecordedLog()
  readonly metrics: Metrics
  readonly #world: World
  readonly #lifecycle: Lifecycle
  readonly #starting = new AbortController()
  readonly #dead = new AbortController()
  /** For watches alone, which end with the process; what else it sent may take effect later. */
  readonly #watching: Transport
  /** What a dead process waits for. */
  readonly #grave = Promise.withResolvers<never>()
  #thawed: PromiseWithResolvers<void> | undefined
  /** Lets go of the signal of each call that waits for its answer. */
  readonly #waiting = new Set<() => void>()
  #unique = 0
  /** Why it ended by itself, once it has. */
  ended: 'stopped' | 'lost' | undefined

  constructor(world: World, name: string, flags: Readonly<Record<string, string | number>> = {}) {
    this.name = name
    this.#world = world
    this.clock = new VirtualClock(world.time)
    this.#watching = world.api.transport()
    const config = configOf(world, flags)
    this.metrics = new Metrics({ ...config, version: 'simulated' })
    const composed = compose({ config, proxyEnv: {}, logger: this.log, metrics: this.metrics, edges: this.#edges() })
    this.#lifecycle = new Lifecycle(composed.components, this.log)
    void composed.lost.then(() => this.#end('lost'))
  }

  start(): void {
    this.#lifecycle.start(this.#starting.signal).catch((error: unknown) => {
      if (!this.#starting.signal.aborted) this.#world.fail(error)
    })
  }

  /** As on SIGTERM. */
  stop(): Promise<void> {
    return this.#end('stopped')
  }

  /** As on SIGKILL: nothing of it happens any more. */
  kill(): void {
    this.#dead.abort()
    this.#watching.close()
    this.clock.kill()
  }

  /** Lets go of everything that a dead process holds, so that its world can be forgotten. */
  async bury(): Promise<void> {
    this.kill()
    for (const letGo of this.#waiting) letGo()
    this.#grave.promise.catch(() => undefined)
    this.#grave.reject(new Error('buried'))
    this.#starting.abort(new Error('buried'))
    this.clock.bury()
    void this.#lifecycle.stop()
  }

  get isAlive(): boolean {
    return !this.#dead.signal.aborted && this.ended === undefined
  }

  freeze(): void {
    this.#thawed ??= Promise.withResolvers()
    this.clock.hold()
  }

  thaw(): void {
    const thawed = this.#thawed
    this.#thawed = undefined
    thawed?.resolve()
    this.clock.resume()
  }

  async #end(how: 'stopped' | 'lost'): Promise<void> {
    if (this.#starting.signal.aborted) return
    this.#starting.abort(new Error('stopping'))
    await this.#lifecycle.stop()
    this.ended = how
  }

  #edges(): Edges {
    const { world, transport } = { world: this.#world, transport: this.#transport() }
    return {
      clock: this.clock,
      random: world.random,
      unique: () => `${this.name}x${++this.#unique}`,
      identity: this.name,
      transport,
      leaseTransport: transport,
      credentials: { read: () => world.organizationCredential },
      keys: world.keys,
      http: this.#http(),
    }
  }

  /** What a dead process hears: nothing. What a frozen one hears, it hears later. */
  async #awake<T>(outcome: Promise<T>): Promise<T> {
    const settled = await outcome.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error
      },
    )
    if (this.#dead.signal.aborted) return this.#grave.promise
    while (this.#thawed) await this.#thawed.promise
    return settled()
  }

  #transport(): Transport {
    const server = this.#world.api.transport()
    const request = (method: Method, path: string, options: RequestOptions, signal: AbortSignal): Promise<unknown> => {
      const perform = () => server.request(method, path, options, new AbortController().signal)
      const lost = () => failureOfSilence(method, path, new Error('lost'))
      const isDry = options.query?.['dryRun'] !== undefined
      const label = `${method} ${this.#world.label(path)}${isDry ? ' (dry run)' : ''}`
      return this.#awake(
        this.#submit({ kind: 'kube', label, isMutation: method !== 'GET', pass: () => {} }, perform, lost, signal),
      )
    }
    const watching = this.#watching
    const { alive } = { alive: () => this.#awake(Promise.resolve()) }
    async function* lines(path: string, query: Query, signal: AbortSignal, accept?: string) {
      await alive()
      try {
        for await (const line of watching.lines(path, query, signal, accept)) {
          await alive()
          yield line
        }
      } catch (error) {
        await alive()
        throw error
      }
    }
    return { host: server.host, request, lines, close: () => {} }
  }

  #http(): Http {
    return {
      send: (call: HttpCall, signal: AbortSignal, onSending?: () => void) => {
        const isToken = call.operation === 'organizationToken' || call.operation === 'applicationToken'
        let hasPassed = isToken || call.method !== 'POST'
        const pass = () => {
          if (!hasPassed) onSending?.()
          hasPassed = true
        }
        const perform = async (): Promise<HttpAnswer> => {
          // What has passed the fence is on its way, whatever becomes of who sent it.
          if (!hasPassed || isToken || call.method !== 'POST') {
            pass()
            signal.throwIfAborted()
          }
          return this.#world.ask(call, this.name)
        }
        const kind: CallKind = isToken ? 'token' : 'plane'
        const about = { kind, label: labelOf(call), isMutation: call.method !== 'GET' && !isToken, pass }
        return this.#awake(this.#submit(about, perform, () => new NoAnswer('ECONNRESET'), signal))
      },
    }
  }

  /** Puts a call into the world's hands. `signal` ends the wait for its answer, not the call. */
  #submit<T>(
    about: Pick<Call, 'kind' | 'label' | 'isMutation' | 'pass'>,
    perform: () => Promise<T>,
    lost: () => Error,
    signal: AbortSignal,
  ): Promise<T> {
    if (this.#dead.signal.aborted) return this.#grave.promise
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    const letGo = () => signal.removeEventListener('abort', abort)
    this.#waiting.add(letGo)
    const settle = (act: () => void) => {
      this.#waiting.delete(letGo)
      letGo()
      act()
    }
    let outcome: (() => void) | undefined
    this.#world.submit(this, {
      ...about,
      async perform() {
        const answer = perform()
        await answer.then(
          (value) => (outcome = () => resolve(value)),
          (error: unknown) => (outcome = () => reject(error)),
        )
      },
      deliver: () => settle(() => outcome?.()),
      lose: () => settle(() => reject(lost())),
    })
    return promise
  }
}

/** What is asked, and of a create of an application with which credential: not all of them can be mended. */
function labelOf({ operation, body = '' }: HttpCall): string {
  const type = operation === 'createTenantApplication' && /"type":"(\w+)"/.exec(body)?.[1]
  return type ? `${operation} ${type}` : operation
}

/** The organization's credential in a world: a secret, so that no key has to be used. */
export function organizationSecret(clientId: string, secret: string) {
  return { clientId, proof: { type: 'ClientSecret' as const, clientSecret: new Redacted(secret) } }
}
