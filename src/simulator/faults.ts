// Faults on demand: which are in force, how often each still acts, and in which order several act on one call.
import type { BoundFault, Exchange } from './fault-kind.ts'
import { bindFault } from './fault-kinds.ts'
import type { FaultMatch, Subject } from './fault-match.ts'
import { matches } from './fault-match.ts'

/** A fault in force, or used up (`left` 0; -1: never used up). */
export type FaultReport = {
  readonly id: number
  readonly left: number
  readonly hits: number
  readonly fault: FaultMatch
}

type Fault = BoundFault & { readonly id: number; skip: number; left: number; hits: number }

/** The faults that were asked for, in this order. */
export class Faults {
  #faults: Fault[] = []
  #ids = 0

  /**
   * Adds a fault and returns its id. `request` holds its `kind`, which calls it meets ({@link FaultMatch}) and what the
   * kind takes. Throws a refusal (400) that says what is wrong with it.
   */
  add(request: unknown): number {
    const bound = bindFault(request)
    const id = ++this.#ids
    this.#faults.push({ ...bound, id, skip: bound.match.after ?? 0, left: bound.match.count ?? 1, hits: 0 })
    return id
  }

  list(): FaultReport[] {
    return this.#faults.map(({ id, left, hits, match }) => ({ id, left, hits, fault: match }))
  }

  /** Removes one fault, or all. Removing what is not there is no error. */
  clear(id?: number): void {
    this.#faults = id === undefined ? [] : this.#faults.filter((fault) => fault.id !== id)
  }

  /** The faults that this call meets, each used up by one. `subject` is asked only when there is any fault at all. */
  take(subject: () => Subject): readonly Fault[] {
    if (this.#faults.length === 0) return []
    const call = subject()
    return this.#faults.filter((fault) => fault.left !== 0 && canMeet(fault, call) && use(fault))
  }
}

/** Lets faults act on an exchange, the first one outermost; without any, performs the call and sends its answer. */
export async function carryOut(faults: readonly Pick<Fault, 'act'>[], exchange: Exchange): Promise<void> {
  const [first, ...rest] = faults
  if (!first) return exchange.send(await exchange.perform())
  await first.act(exchange, (inner) => carryOut(rest, inner))
}

function canMeet({ match, ops }: Fault, call: Subject): boolean {
  return (ops?.includes(call.op) ?? true) && matches(match, call)
}

function use(fault: Fault): boolean {
  if (fault.skip > 0) {
    fault.skip--
    return false
  }
  if (fault.left > 0) fault.left--
  fault.hits++
  return true
}
