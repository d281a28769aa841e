// Elects the one process that may write, by a Lease and client-go's rules.
import { unlessAborted } from '../abort.ts'
import type { Clock } from '../clock.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { LeaseGate } from './gate.ts'

/** client-go's: how much longer than the retry period those who wait rest at most, as a share of it. */
const JITTER = 1.2
/** What a released lease is said to last. Source: client-go, `release`. */
const RELEASED_MS = 1_000
/** How often a lease that is ours is written at once when somebody touches it meanwhile. */
const TRIES = 3

/** What a lease says. Its times are by the clock of whoever wrote it: to be read by people, compared with nothing. */
export type LeaseRecord = {
  /** Empty: nobody, it is free. */
  readonly holder: string
  /** For how long it is the holder's after each renewal; `undefined`: it does not say. */
  readonly durationMs: number | undefined
  /** Wall clock, as all times here; `undefined`: it does not say. */
  readonly acquiredAt: number | undefined
  readonly renewedAt: number | undefined
  /** How often it has gone from one holder to another. */
  readonly transitions: number
}

/** A record as it is stored. */
export type Lease = LeaseRecord & {
  /** A different one after every change, also after the lease was deleted and made anew. */
  readonly version: string
  /** What else the store knows about it, for the store alone. */
  readonly origin?: unknown
}

/** Where the lease is kept. One object, whatever is in it: a lease that makes no sense is read as one that says little. */
export interface LeaseStore {
  /** The lease as it is now; `undefined`: there is none. */
  read(signal: AbortSignal): Promise<Lease | undefined>
  /** Fails with `KubeAlreadyExists` when there is one. */
  create(record: LeaseRecord, signal: AbortSignal): Promise<Lease>
  /** Replaces what was seen as `over`. Fails with `KubeConflict` or `KubeNotFound` when it is not that any more. */
  update(over: Lease, record: LeaseRecord, signal: AbortSignal): Promise<Lease>
  /** The lease as it is, and again at every change. Ends or fails when it can no longer tell, and soon after the abort. */
  watch(signal: AbortSignal): AsyncIterable<Lease | undefined>
}

/** Durations have to keep client-go's order: lease > renew deadline > 1.2 × retry period. */
export type LeaderElectorOptions = {
  readonly store: LeaseStore
  readonly gate: LeaseGate
  /** This process's alone: neither another one nor this one started anew has the same. */
  readonly identity: string
  readonly leaseDurationMs: number
  readonly renewDeadlineMs: number
  readonly retryPeriodMs: number
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Told each change; it begins as false. */
  readonly onLeading: (isLeading: boolean) => void
  readonly logger: Logger
}

/** The lease as this process saw it change last. */
type Sighting = {
  readonly lease: Lease | undefined
  /** From when on it may be taken, by the monotonic clock. */
  readonly freeAt: number
}

/**
 * Campaigns for one lease, and once it has it, renews it until it is told to stop or loses it. Then it is done: whoever
 * wants to lead again starts a new one, as a new process.
 *
 * Only what this process saw by its own monotonic clock counts: a lease is free when it has not changed for as long as it
 * lasts. No clocks need to agree; a process that is suspended waits the longer.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions
  readonly #elected = Promise.withResolvers<void>()
  readonly #lost = Promise.withResolvers<void>()
  readonly #released = new AbortController()
  #running: Promise<void> | undefined
  #isLeading = false
  #seen: Sighting | undefined
  /** When the last renewal that succeeded was begun, by the monotonic clock. */
  #renewedAt = 0
  /** Whether our name may be in the lease, known to us or not. */
  #hasWritten = false
  /** What has been told to go wrong and still does: the code, by what was tried. */
  readonly #told = new Map<string, string>()

  constructor(options: LeaderElectorOptions) {
    this.#options = options
  }

  /** Resolves once this process leads. */
  get elected(): Promise<void> {
    return this.#elected.promise
  }

  /** Resolves once it led and does so no more, against its will: it should end. */
  get lost(): Promise<void> {
    return this.#lost.promise
  }

  get isLeading(): boolean {
    return this.#isLeading
  }

  /**
   * Campaigns, then renews until `signal` aborts or the lease is lost; the gate is shut for good when this resolves. What is
   * still to be written has to be written before the abort. Never throws. Runs once.
   */
  run(signal: AbortSignal): Promise<void> {
    this.#running ??= this.#run(AbortSignal.any([signal, this.#released.signal]))
    return this.#running
  }

  /**
   * Shuts the gate, ends {@link run} and, where the lease is ours, sets it free so that another one need not wait for it
   * to expire. Best effort: never throws. To be called when nothing that passed the gate is under way. May be repeated.
   */
  async release(signal: AbortSignal): Promise<void> {
    this.#options.gate.close()
    this.#released.abort()
    await this.#running
    if (!this.#hasWritten) return
    const { store, clock, identity, logger } = this.#options
    const now = clock.now()
    const free = { holder: '', durationMs: RELEASED_MS, acquiredAt: now, renewedAt: now }
    try {
      const found = await store.read(signal)
      if (found?.holder !== identity) return
      await this.#whileOurs(found, signal, async (over) => {
        if (over) await store.update(over, { ...free, transitions: over.transitions }, signal)
      })
      logger.info({ identity }, 'released the lease')
    } catch (error) {
      this.#tell('release', error)
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { gate, identity, retryPeriodMs, clock, onLeading, logger } = this.#options
    if (await this.#campaign(signal)) {
      this.#isLeading = true
      onLeading(true)
      logger.info({ identity }, 'holds the lease: leads')
      this.#elected.resolve()
      do {
        await this.#rest(this.#renewedAt + retryPeriodMs - clock.monotonic(), signal)
      } while (await this.#renew(signal))
    }
    gate.close()
    if (!this.#isLeading) return
    this.#isLeading = false
    onLeading(false)
    if (signal.aborted) return
    logger.error({ identity }, 'lost the lease: stops')
    this.#lost.resolve()
  }

  /** True once the lease is ours, false when `signal` aborted before. */
  async #campaign(signal: AbortSignal): Promise<boolean> {
    const { store, renewDeadlineMs, retryPeriodMs, random } = this.#options
    const look = async (within: AbortSignal) => this.#observe(await store.read(within))
    const take = (within: AbortSignal) => this.#write(this.#seen?.lease, within)
    while (!signal.aborted) {
      const isSeen = (await this.#attempt('read', renewDeadlineMs, signal, look)) === 'done'
      const followedMs = isSeen && !this.#isFree ? await this.#follow(signal) : 0
      const mayTake = isSeen && this.#isFree && !signal.aborted
      if (mayTake && (await this.#attempt('take', renewDeadlineMs, signal, take)) === 'done') return true
      // After a watch that has lasted the next one follows at once: what happens in between is noticed late.
      if (followedMs >= retryPeriodMs) continue
      const restMs = retryPeriodMs * (1 + JITTER * random())
      await this.#rest(this.#untilFree(restMs) || restMs, signal)
    }
    return false
  }

  /** Resolves when the lease is free, or has to be read anew because the watch ended or said nothing. Returns its length. */
  async #follow(signal: AbortSignal): Promise<number> {
    const { store, clock, leaseDurationMs } = this.#options
    const startedAt = clock.monotonic()
    const timer = new AbortController()
    let disarm = () => {}
    const arm = () => {
      disarm()
      disarm = clock.after(this.#untilFree(leaseDurationMs), () => timer.abort())
    }
    try {
      arm()
      for await (const lease of store.watch(AbortSignal.any([signal, timer.signal]))) {
        this.#told.delete('watch')
        this.#observe(lease)
        if (this.#isFree) break
        arm()
      }
    } catch (error) {
      if (!signal.aborted && !timer.signal.aborted) this.#tell('watch', error)
    } finally {
      disarm()
    }
    return clock.monotonic() - startedAt
  }

  /** Takes note of the lease, if it has changed: any change is a sign of life. */
  #observe(lease: Lease | undefined): void {
    const { clock, identity, logger } = this.#options
    const before = this.#seen?.lease
    if (this.#seen && before?.version === lease?.version) return
    this.#seen = { lease, freeAt: clock.monotonic() + this.#heldMs(lease) }
    const holder = lease?.holder
    if (holder && holder !== identity && holder !== before?.holder) logger.info({ identity, holder }, 'stands by')
  }

  /** For how long a lease that has just changed is not to be taken. */
  #heldMs(lease: Lease | undefined): number {
    const { identity, leaseDurationMs } = this.#options
    // One that was deleted was nobody's to give away: its holder goes on until its time is over, or makes it anew.
    if (!lease) return this.#seen ? Math.max(leaseDurationMs, this.#seen.lease?.durationMs ?? 0) : 0
    // Ours while we do not lead: the answer to a write of ours was lost.
    if (lease.holder === '' || lease.holder === identity) return 0
    return lease.durationMs ?? leaseDurationMs
  }

  get #isFree(): boolean {
    return this.#untilFree(1) === 0
  }

  /** Until the lease is free, at most `mostMs`, in whole milliseconds as timers know them. What was never seen is not free. */
  #untilFree(mostMs: number): number {
    const leftMs = (this.#seen?.freeAt ?? Infinity) - this.#options.clock.monotonic()
    return Math.max(0, Math.ceil(Math.min(mostMs, leftMs)))
  }

  /** True once the lease is renewed, false when it is lost or `signal` aborted. Failures are tried again until the deadline. */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const { clock, renewDeadlineMs, retryPeriodMs } = this.#options
    const leftMs = () => this.#renewedAt + renewDeadlineMs - clock.monotonic()
    // A process that was frozen past its deadline gets one attempt: the version tells whether anybody was here meanwhile.
    let withinMs = Math.max(leftMs(), retryPeriodMs)
    while (withinMs > 0 && !signal.aborted) {
      const startedAt = clock.monotonic()
      const result = await this.#attempt('renew', withinMs, signal, (within) =>
        this.#whileOurs(this.#seen?.lease, within, (over) => this.#write(over, within)),
      )
      if (result !== 'failed') return result === 'done'
      // From its beginning, so that one which nobody answered costs no more time than its own.
      const restMs = startedAt + retryPeriodMs - clock.monotonic()
      await this.#rest(Math.min(restMs, leftMs()), signal)
      withinMs = leftMs()
    }
    return false
  }

  /** Writes over `seen`, or where that is outdated over what is found then. `LeaseLost`: the lease is not ours any more. */
  async #whileOurs(
    seen: Lease | undefined,
    signal: AbortSignal,
    write: (over: Lease | undefined) => Promise<void>,
  ): Promise<void> {
    const { store, gate, identity, logger } = this.#options
    let over = seen
    for (let tries = 1; ; tries++) {
      try {
        return await write(over)
      } catch (error) {
        if (!isOutrun(error) || tries === TRIES) throw error
      }
      over = await store.read(signal)
      // One that is gone may have been another's last, unless ours cannot have expired yet.
      if (over ? over.holder === identity : gate.isHeld) continue
      logger.info({ identity, holder: over?.holder ?? '' }, 'the lease is not ours any more')
      throw new Failure('LeaseLost', 'retry', 'the lease is not ours any more')
    }
  }

  /** Puts our name into the lease, over what was seen, and opens the gate for as long as it lasts. */
  async #write(over: Lease | undefined, signal: AbortSignal): Promise<void> {
    const { store, gate, clock, identity, leaseDurationMs } = this.#options
    signal.throwIfAborted()
    const startedAt = clock.monotonic()
    const now = clock.now()
    const isOurs = over?.holder === identity
    const record: LeaseRecord = {
      holder: identity,
      durationMs: leaseDurationMs,
      acquiredAt: (isOurs ? over.acquiredAt : undefined) ?? now,
      // A write that changes nothing is none: the version would stay, and the others see no sign of life.
      renewedAt: now === over?.renewedAt ? now + 1 : now,
      transitions: over ? over.transitions + (isOurs ? 0 : 1) : 0,
    }
    this.#hasWritten = true
    const lease = await (over ? store.update(over, record, signal) : store.create(record, signal))
    // Too late is as good as never: whoever waited for it has gone on.
    signal.throwIfAborted()
    this.#seen = { lease, freeAt: startedAt }
    this.#renewedAt = startedAt
    gate.extend(startedAt, now, leaseDurationMs)
  }

  /** Does `work` within `ms`. What fails has been told; `lost`: the lease is known not to be ours any more. */
  async #attempt(
    what: 'read' | 'take' | 'renew',
    ms: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<'done' | 'failed' | 'lost'> {
    const late = new AbortController()
    const lateness = () => late.abort(new Failure('DeadlineExceeded', 'retry', 'no answer about the lease in time'))
    const disarm = this.#options.clock.after(ms, lateness)
    const either = AbortSignal.any([signal, late.signal])
    try {
      await unlessAborted(work(either), either)
      this.#told.delete(what)
      return 'done'
    } catch (error) {
      if (isFailure(error, 'LeaseLost')) return 'lost'
      if (!signal.aborted) this.#tell(what, error)
      return 'failed'
    } finally {
      disarm()
    }
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#options.clock.sleep(ms, signal).catch(() => undefined)
  }

  /** Once for what lasts, and quietly when somebody else was first. */
  #tell(what: string, error: unknown): void {
    const { logger, identity } = this.#options
    const code = error instanceof Failure ? error.code : 'unexpected'
    const fields = { identity, attempt: what, code, err: error }
    const isQuiet = isOutrun(error) && code !== 'KubeNotFound'
    if (isQuiet || this.#told.get(what) === code) return logger.debug(fields, 'an attempt at the lease failed')
    this.#told.set(what, code)
    logger.warn(fields, 'an attempt at the lease failed, more are made')
  }
}

/** Somebody else was first. */
function isOutrun(error: unknown): boolean {
  return ['KubeConflict', 'KubeAlreadyExists', 'KubeNotFound'].some((code) => isFailure(error, code))
}
