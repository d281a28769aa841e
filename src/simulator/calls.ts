// One call to the simulated service from arrival to answer: route, log, faults, effect.
import type { Answer } from './answers.ts'
import { Refusal, refusal } from './answers.ts'
import type { LogEntry } from './call-log.ts'
import { CallLog } from './call-log.ts'
import { claimedClientId } from './client-authentication.ts'
import type { Exchange } from './fault-kind.ts'
import type { Subject } from './fault-match.ts'
import { carryOut, Faults } from './faults.ts'
import type { HttpReply, HttpRequest } from './http-server.ts'
import type { Lag } from './lag.ts'
import { answerManagementRequest, findGrant } from './management.ts'
import { OPERATIONS } from './operations.ts'
import { RateLimit } from './rate-limit.ts'
import type { Route } from './routes.ts'
import { findRoute } from './routes.ts'
import { newId } from './state.ts'
import { answerTokenRequest } from './token-endpoint.ts'
import type { World } from './world.ts'

type LaggingRequest = HttpRequest & { readonly lag: Lag }

/** Treats the calls of one simulator, with its log, faults and rate limit. */
export class Calls {
  readonly log = new CallLog()
  readonly faults = new Faults()
  readonly #world: World
  readonly #closing: AbortSignal
  readonly #rate = new RateLimit()

  /** `closing` ends whatever a fault is waiting for. */
  constructor(world: World, closing: AbortSignal) {
    this.#world = world
    this.#closing = closing
  }

  /** Treats one call. Never rejects. */
  async handle(request: HttpRequest, reply: HttpReply): Promise<void> {
    const route = findRoute(this.#world, request.method, request.path)
    const entry = this.#note(request, route)
    const met = this.faults.take(() => describeCall(this.#world, request, route))
    if (met.length > 0) entry.faults = met.map((fault) => fault.id)
    const exchange = this.#exchange(request, route, reply, entry)
    // What is left to fail is a wait that closing the simulator has ended.
    await carryOut(met, exchange).catch(() => exchange.hangUp())
  }

  #exchange(request: HttpRequest, route: Route, reply: HttpReply, entry: LogEntry): Exchange {
    let lag: Lag = {}
    return {
      success: successOf(route),
      perform: () => this.#perform({ ...request, lag }, route, entry),
      async send({ cutAfter, ...answer }) {
        entry.status ??= cutAfter === undefined ? answer.status : 0
        if (cutAfter === undefined) reply.send(answer)
        else reply.cut(answer, cutAfter)
      },
      hangUp(reset) {
        entry.status ??= 0
        reply.hangUp(reset)
      },
      sleep: (ms) => this.#world.clock.sleep(ms, this.#closing),
      gone: () => aborted(reply.gone, this.#closing),
      lag(more) {
        lag = { ...lag, ...more }
      },
      anotherId: (id) => this.#world.state.anotherId(id) ?? newId(),
    }
  }

  #note({ method, path, query }: HttpRequest, route: Route): LogEntry {
    const at = new Date(this.#world.clock.now()).toISOString()
    // Which page it was, and nothing else: a client may put anything into a query.
    const page = [...query].filter(([name]) => name === 'limit' || name === 'after_id')
    const said = page.length > 0 ? { query: new URLSearchParams(page).toString() } : {}
    return this.log.begin({ at, op: route.op, method, path, ...said })
  }

  async #perform(request: LaggingRequest, route: Route, entry: LogEntry): Promise<Answer> {
    const client = clientOf(this.#world, request, route)
    if (client !== undefined) entry.client = client
    try {
      const answer = await this.#answer(request, route)
      entry.runs += 1
      return answer
    } catch (error) {
      if (error instanceof Refusal) return error.answer
      throw error
    }
  }

  async #answer(request: LaggingRequest, route: Route): Promise<Answer> {
    if (route.kind === 'unknown') throw refusal(404, 'there is nothing under this method and path')
    if (route.kind === 'token') {
      return answerTokenRequest(this.#world, { ...request, authServer: route.authServer })
    }
    return answerManagementRequest(this.#world, this.#rate, { ...request, route })
  }
}

/** The status of the contract ("Operations") when all is well. */
function successOf(route: Route): number {
  if (route.kind !== 'operation') return route.kind === 'token' ? 200 : 404
  return { GET: 200, POST: 201, DELETE: 204 }[OPERATIONS[route.op].method]
}

/** Resolves when `signal` aborts; rejects with the reason of `closing` when that aborts first. */
function aborted(signal: AbortSignal, closing: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => (signal.aborted ? resolve() : reject(closing.reason))
    const either = AbortSignal.any([signal, closing])
    if (either.aborted) end()
    else either.addEventListener('abort', end, { once: true })
  })
}

/** The client id that the call proves by its token or claims, if it is one that exists. */
function clientOf(world: World, { authorization, body }: HttpRequest, route: Route): string | undefined {
  if (route.kind !== 'token') return findGrant(world, authorization)?.client.id
  return world.state.client(claimedClientId(authorization, body) ?? '')?.id
}

function describeCall(world: World, request: HttpRequest, route: Route): Subject {
  const client = clientOf(world, request, route)
  const { op } = route
  return { op, method: request.method, path: request.path, client, tenant: tenantName(world, request, route, client) }
}

/** The name in a create, else of the tenant in the path, else of the tenant whose application asks for a token. */
function tenantName(world: World, { body }: HttpRequest, route: Route, client: string | undefined): string | undefined {
  if (route.op === 'createTenant') return /"name"\s*:\s*"([a-z0-9]+)"/.exec(body)?.[1]
  const application = world.state.client(client ?? '')?.application
  const id = route.kind === 'operation' ? route.tenantId : application?.tenantId
  return world.state.tenant(id ?? '')?.name
}
