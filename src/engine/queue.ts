// The work queue: which resource is looked at next. Holds keys, never objects, so that any number of events is one look.
import type { Clock } from '../clock.ts'
import { Line } from './line.ts'
import type { LoopMetrics } from './metrics.ts'
import { partyOf } from '../party.ts'
import { Schedule } from './schedule.ts'

type Taker = (key: string | undefined) => void

/**
 * A key is handed out to one worker at a time; adds meanwhile make it come again once that worker is done. Of several
 * wanted times the soonest wins. Among due keys the namespaces take turns, so that one with a thousand resources does
 * not hold up one with a single resource; and a guest is kept for a namespace that comes when all are at work for others.
 */
export class WorkQueue {
  /** Due and not handed out, by namespace; a key stands here, in `#later` or nowhere, never in both. */
  readonly #ready = new Line<Line<number>>()
  /** Wanted at a later time and not handed out. */
  readonly #later = new Schedule()
  /** Handed out: exactly one worker has each. */
  readonly #processing = new Set<string>()
  /** How many of each namespace are handed out, where any are. */
  readonly #busy = new Map<string, number>()
  /** Wanted again while handed out, and when: each is also in `#processing`. */
  readonly #dirty = new Map<string, number>()
  /** Workers that found nothing due; empty whenever `#ready` is not. */
  readonly #waiters: Taker[] = []
  /** Those who wait for a namespace that nobody is at work for. */
  readonly #guests: Taker[] = []
  readonly #clock: Clock
  readonly #metrics: LoopMetrics
  #depth = 0
  #closed = false
  #timer: { readonly at: number; readonly cancel: () => void } | undefined

  constructor(clock: Clock, metrics: LoopMetrics) {
    this.#clock = clock
    this.#metrics = metrics
  }

  /** Keys that are due and not handed out. */
  get depth(): number {
    return this.#depth
  }

  /** Nothing is due, handed out or waited for: as far as this queue knows, the world is as it should be. */
  get idle(): boolean {
    return this.#depth === 0 && this.#processing.size === 0
  }

  /** Wants `key` to be looked at in `delayMs` at the latest. `retry` only tells the metrics why. */
  add(key: string, delayMs = 0, retry = false): void {
    this.#metrics.added(retry)
    const at = this.#clock.monotonic() + Math.max(0, delayMs)
    if (this.#processing.has(key)) {
      this.#dirty.set(key, Math.min(at, this.#dirty.get(key) ?? Infinity))
    } else if (delayMs > 0) {
      if (this.#ready.get(partyOf(key))?.get(key) === undefined) this.#later.set(key, at)
      this.#arm()
    } else {
      this.#later.delete(key)
      this.#makeReady(key, at)
    }
  }

  /** The next due key, when there is one: the caller must call {@link done} with it. `undefined` once closed. */
  next(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const key = this.#closed ? undefined : this.#take()
      if (key !== undefined || this.#closed) resolve(key)
      else this.#waiters.push(resolve)
    })
  }

  /**
   * A due key of a namespace that no worker is at work for, when none is free for it. Else as {@link next}: `undefined` once
   * closed.
   */
  nextGuest(): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve(undefined)
      this.#guests.push(resolve)
      // No more of them are passed over than there are at work.
      for (const namespace of this.#ready.keys()) if (this.#invite(namespace)) return
    })
  }

  /** Hands out nothing more; those who wait are told. What is handed out may still be done. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    for (const resolve of [...this.#waiters.splice(0), ...this.#guests.splice(0)]) resolve(undefined)
  }

  /** The worker that was given `key` is through with it. */
  done(key: string): void {
    this.#processing.delete(key)
    this.#leave(partyOf(key))
    const at = this.#dirty.get(key)
    this.#dirty.delete(key)
    if (at !== undefined) {
      if (at <= this.#clock.monotonic()) this.#makeReady(key, at)
      else {
        this.#later.set(key, at)
        this.#arm()
      }
    }
    this.#invite(partyOf(key))
  }

  #makeReady(key: string, at: number): void {
    const namespace = partyOf(key)
    let keys = this.#ready.get(namespace)
    if (keys?.get(key) !== undefined) return
    if (!keys) this.#ready.append(namespace, (keys = new Line()))
    keys.append(key, at)
    this.#depth++
    const waiter = this.#waiters.shift()
    if (waiter) waiter(this.#take())
    else this.#invite(namespace)
  }

  /** Hands a due key of the namespace to a guest, if one waits and nobody is at work for it. */
  #invite(namespace: string): boolean {
    if (this.#guests.length === 0 || this.#busy.has(namespace)) return false
    const keys = this.#ready.take(namespace)
    if (!keys) return false
    this.#guests.shift()!(this.#takeOf(namespace, keys))
    return true
  }

  #take(): string | undefined {
    const first = this.#ready.shift()
    return first && this.#takeOf(...first)
  }

  #takeOf(namespace: string, keys: Line<number>): string {
    const [key, at] = keys.shift()!
    // The namespace goes to the end of the line.
    if (keys.size > 0) this.#ready.append(namespace, keys)
    this.#depth--
    return this.#handOut(key, at)
  }

  #handOut(key: string, at: number): string {
    const namespace = partyOf(key)
    this.#processing.add(key)
    this.#busy.set(namespace, (this.#busy.get(namespace) ?? 0) + 1)
    this.#metrics.waited((this.#clock.monotonic() - at) / 1000)
    return key
  }

  #leave(namespace: string): void {
    const others = this.#busy.get(namespace)! - 1
    if (others > 0) this.#busy.set(namespace, others)
    else this.#busy.delete(namespace)
  }

  #arm(): void {
    if (this.#closed) return
    const at = this.#later.nextAt()
    if (at === this.#timer?.at) return
    this.#timer?.cancel()
    this.#timer =
      at === undefined
        ? undefined
        : { at, cancel: this.#clock.after(Math.max(0, at - this.#clock.monotonic()), () => this.#wake()) }
  }

  #wake(): void {
    this.#timer = undefined
    const now = this.#clock.monotonic()
    for (let due = this.#later.take(now); due; due = this.#later.take(now)) this.#makeReady(due.key, due.at)
    this.#arm()
  }
}
