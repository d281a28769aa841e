// Remembers every call made, so that tests can count them and a person can look. Never a token, a secret or a body.

export type LogEntry = {
  /** Grows by one with every call, from 1. */
  readonly seq: number
  /** When the call had arrived, RFC 3339. */
  readonly at: string
  /** Operation, `organizationToken`, `applicationToken`, or `unknown`. */
  readonly op: string
  readonly method: string
  readonly path: string
  /** `limit` and `after_id`, where they were given. */
  readonly query?: string
  /** What was answered; 0 when the connection was closed instead; null while nothing was. */
  status: number | null
  /** The client id that the call proved, or claimed in vain. */
  client?: string
  /** How often the call took effect: 0 or 1, unless a fault says otherwise. */
  runs: number
  /** Ids of the faults that it met. */
  faults?: readonly number[]
}

/** How many calls are kept; older ones are counted only. About 30 MB. */
const MAX_ENTRIES = 100_000

/** The calls since the start or the last {@link clear}, in the order of arrival. */
export class CallLog {
  #entries: LogEntry[] = []
  #seq = 0
  readonly #counts = new Map<string, number>()

  /** Notes a call that has arrived. The server fills in what becomes of it. */
  begin(call: Pick<LogEntry, 'at' | 'op' | 'method' | 'path' | 'query'>): LogEntry {
    const entry: LogEntry = { seq: ++this.#seq, ...call, status: null, runs: 0 }
    this.#entries.push(entry)
    this.#counts.set(call.op, (this.#counts.get(call.op) ?? 0) + 1)
    if (this.#entries.length > 2 * MAX_ENTRIES) this.#entries = this.#entries.slice(-MAX_ENTRIES)
    return entry
  }

  /** The entries from `since` (a `seq`, included) on, of one operation if one is named. */
  entries(since = 0, op?: string): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry.seq >= since && (op === undefined || entry.op === op))
  }

  /** How many calls there were of each operation, those no longer kept included. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Forgets all calls. `seq` goes on, so that a mark taken before stays good. */
  clear(): void {
    this.#entries = []
    this.#counts.clear()
  }
}
