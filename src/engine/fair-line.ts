// Those who wait for one thing, taken in turns by the party they belong to.

/**
 * A line in which whose party was taken longest ago comes first, and within a party who came first: a party with one in line
 * waits for one other at the most, however many that one has, and gains nothing by coming often.
 */
export class FairLine<T> {
  readonly #lines = new Map<string, Set<T>>()
  /** When each party was taken last, by the number of the turn. Forgotten when nobody is in line. */
  readonly #takenAt = new Map<string, number>()
  #turn = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Puts `one` at the end of its party's line, and returns what takes it out again, wherever it stands by then. */
  append(party: string, one: T): () => void {
    let line = this.#lines.get(party)
    if (!line) this.#lines.set(party, (line = new Set()))
    line.add(one)
    this.#size++
    return () => this.#remove(party, one)
  }

  /** Takes out whose turn it is. */
  shift(): T | undefined {
    const party = this.#next()
    if (party === undefined) return undefined
    this.#takenAt.set(party, ++this.#turn)
    const [one] = this.#lines.get(party)!
    this.#remove(party, one!)
    return one
  }

  /** All of them, in no particular order. */
  values(): T[] {
    return Array.from(this.#lines.values(), (line) => Array.from(line)).flat()
  }

  /** Of parties that were never taken the one that came first. As many as wait are looked at: workers, not resources. */
  #next(): string | undefined {
    let next: string | undefined
    let longestAgo = Infinity
    for (const party of this.#lines.keys()) {
      const takenAt = this.#takenAt.get(party) ?? 0
      if (takenAt < longestAgo) [next, longestAgo] = [party, takenAt]
    }
    return next
  }

  #remove(party: string, one: T): void {
    const line = this.#lines.get(party)
    if (!line?.delete(one)) return
    this.#size--
    if (line.size === 0) this.#lines.delete(party)
    if (this.#size === 0) this.#takenAt.clear()
  }
}
