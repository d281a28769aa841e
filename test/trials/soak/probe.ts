// Preloaded into the operator by the soak, as JavaScript: tells over a loopback socket what the process holds. Types are all it may import of ours.
import { EventEmitter } from 'node:events'
import { readdirSync } from 'node:fs'
import { Session } from 'node:inspector'
import type { Runtime } from 'node:inspector'
import { createServer, Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'

/** A watch that is under way: the path of its request, the port that it comes from, and whether its answer has begun. */
export type Watch = { readonly path: string; readonly port: number; readonly isAnswered: boolean }

/** How many there are of each kind of thing. Behind a colon: of a part of them, or of what nobody promises a number of. */
export type Counts = Readonly<Record<string, number>>

export type Answers = { readonly heap: number; readonly watches: readonly Watch[]; readonly counts: Counts }

type Internals = typeof process & { _getActiveHandles(): readonly object[] }
/** Where {@link QUESTIONS} find the prototype that they are asked of, and what one leaves for the next. */
type Place = { soaked?: object; ofSockets?: WeakSet<object> }
type Requesting = Socket & { readonly _httpMessage?: { readonly path?: string; readonly res?: object | null } }

const Timeout = Object.getPrototypeOf(setTimeout(() => undefined, 0)) as object

/** Bytes of the heap that are in use once all garbage has gone. */
async function heap(): Promise<number> {
  for (let times = 0; times < 2; times++) {
    gc!()
    // What is told of objects that have gone lets go of more.
    await turn()
  }
  gc!()
  return process.memoryUsage().heapUsed
}

function watches(): readonly Watch[] {
  const { _getActiveHandles: activeHandles } = process as Internals
  const handles = activeHandles.call(process).filter((handle) => handle instanceof Socket)
  return handles.flatMap(({ localPort = 0, _httpMessage: message }: Requesting) => {
    const url = new URL(message?.path ?? '/', 'http://any')
    if (url.searchParams.get('watch') !== 'true') return []
    return [{ path: url.pathname, port: localPort, isAnswered: Boolean(message?.res) }]
  })
}

/** What is asked of all living objects that have a prototype, in this order: its text is run with them as `this`. */
const QUESTIONS: readonly [prototype: object, question: (this: readonly never[]) => Counts][] = [
  [Socket.prototype, sockets],
  [Timeout, timers],
  [AbortSignal.prototype, signals],
  [EventEmitter.prototype, listeners],
]

function sockets(this: readonly Socket[]): Counts {
  const found: Record<string, number> = { sockets: 0 }
  const ofSockets = ((globalThis as Place).ofSockets = new WeakSet())
  for (const socket of this) {
    const { destroyed, constructor, remotePort } = socket
    if (destroyed) continue
    const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'timeout')
    const timer = symbol && (socket as unknown as Record<symbol, object | null>)[symbol]
    if (timer) ofSockets.add(timer)
    const kind = `sockets: ${constructor.name} to ${remotePort}`
    found['sockets']! += 1
    found[kind] = (found[kind] ?? 0) + 1
  }
  return found
}

/**
 * But for those by which living sockets notice that nothing comes: one runs while the socket's last byte is young, so that how many
 * do is a matter of the moment.
 */
function timers(this: readonly { readonly _destroyed: boolean; readonly _idleTimeout: number }[]): Counts {
  const found: Record<string, number> = { timers: 0 }
  for (const timer of this) {
    const { _destroyed: isOver, _idleTimeout: ms } = timer
    if (isOver || ms < 0 || (globalThis as Place).ofSockets?.has(timer)) continue
    const kind = `timers: ${ms % 1000 === 0 ? `${ms / 1000} s` : 'others'}`
    found['timers']! += 1
    found[kind] = (found[kind] ?? 0) + 1
  }
  return found
}

function signals(this: readonly AbortSignal[]): Counts {
  const sizes = (name: string) =>
    this.map((signal: object) => {
      const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === name)
      return symbol && (signal as Record<symbol, { readonly size: number } | undefined>)[symbol]
    })
  let abortListeners = 0
  for (const events of sizes('kEvents') as (Map<string, { readonly size: number }> | undefined)[]) {
    for (const { size } of events?.values() ?? []) abortListeners += size
  }
  const dependants = sizes('kDependantSignals').reduce((sum, set) => sum + (set?.size ?? 0), 0)
  return { 'signals: abort': this.length, 'abort listeners': abortListeners, 'signals: dependent': dependants }
}

function listeners(this: readonly EventEmitter[]): Counts {
  const found: Record<string, number> = { listeners: 0 }
  for (const emitter of this as readonly { readonly _events?: object }[]) {
    const { _events: events = {} } = emitter
    const count = Object.values(events).reduce((sum, one) => sum + (Array.isArray(one) ? one.length : 1), 0)
    if (count === 0) continue
    const kind = `listeners: ${emitter.constructor?.name}`
    found['listeners']! += count
    found[kind] = (found[kind] ?? 0) + count
  }
  return found
}

async function counts(): Promise<Counts> {
  await heap()
  await turn()
  const found: Record<string, number> = { 'process listeners': 0 }
  for (const name of process.eventNames()) found['process listeners']! += process.listenerCount(name)
  for (const type of process.getActiveResourcesInfo()) found[`active ${type}`] = (found[`active ${type}`] ?? 0) + 1
  const session = new Session()
  session.connect()
  for (const [prototype, question] of QUESTIONS) Object.assign(found, asked(session, prototype, question))
  session.disconnect()
  return { ...found, ...descriptors() }
}

function asked(session: Session, prototype: object, question: (this: readonly never[]) => Counts): Counts {
  const place = globalThis as Place
  place.soaked = prototype
  const objectGroup = 'soak'
  const { result } = post(session, 'Runtime.evaluate', {
    expression: 'globalThis.soaked',
    objectGroup,
  }) as Runtime.EvaluateReturnType
  delete place.soaked
  const prototypeObjectId = result.objectId!
  const { objects } = post(session, 'Runtime.queryObjects', {
    prototypeObjectId,
    objectGroup,
  }) as Runtime.QueryObjectsReturnType
  const answer = post(session, 'Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: question.toString(),
    returnByValue: true,
  }) as Runtime.CallFunctionOnReturnType
  post(session, 'Runtime.releaseObjectGroup', { objectGroup })
  if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description)
  return answer.result.value as Counts
}

/** Within a process the answer is there when `post` returns. */
function post(session: Session, method: string, parameters: object): unknown {
  let answer: object | undefined
  session.post(method, parameters, (error: Error | null, result: object | undefined) => {
    if (error) throw error
    answer = result
  })
  return answer
}

function descriptors(): Counts {
  try {
    return { descriptors: readdirSync('/proc/self/fd').length }
  } catch {
    // Only Linux tells.
    return {}
  }
}

const ANSWERS = { heap, watches, counts }

/** One question a line, one answer a line. */
const server = createServer((socket) => {
  socket.unref().on('error', () => undefined)
  createInterface(socket).on('line', (question: keyof Answers) => {
    void Promise.resolve(ANSWERS[question]()).then((answer) => socket.write(`${JSON.stringify(answer)}\n`))
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ probe: server.address() })}\n`)).unref()
