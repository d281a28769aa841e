// Keys by the time at which they become due: a binary heap, so that any number of waiting keys needs one timer.

type Entry = { readonly key: string; readonly at: number }

/**
 * Each key stands here at most once, at the soonest time asked for. An entry that was replaced by a sooner one
 * stays in the heap and is skipped when its turn comes, so that nothing has to be searched for.
 */
export class Schedule {
  /** The truth: when each key is due. */
  readonly #dueAt = new Map<string, number>()
  /** A min-heap by `at` that holds at least one entry for each key of `#dueAt`. */
  readonly #heap: Entry[] = []

  get size(): number {
    return this.#dueAt.size
  }

  /** Has `key` become due at `at`, unless it is due sooner already. */
  set(key: string, at: number): void {
    const known = this.#dueAt.get(key)
    if (known !== undefined && known <= at) return
    this.#dueAt.set(key, at)
    this.#push({ key, at })
  }

  /** Forgets `key`; false when it was not waiting. */
  delete(key: string): boolean {
    return this.#dueAt.delete(key)
  }

  /** When the next key is due. */
  nextAt(): number | undefined {
    this.#dropReplaced()
    return this.#heap[0]?.at
  }

  /** Takes out one key that is due at `now`, with the time since when it is. */
  take(now: number): Entry | undefined {
    this.#dropReplaced()
    const first = this.#heap[0]
    if (first === undefined || first.at > now) return undefined
    this.#dueAt.delete(first.key)
    this.#pop()
    return first
  }

  #dropReplaced(): void {
    for (let first = this.#heap[0]; first && this.#dueAt.get(first.key) !== first.at; first = this.#heap[0]) this.#pop()
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let child = heap.push(entry) - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (heap[parent]!.at <= entry.at) break
      heap[child] = heap[parent]!
      child = parent
    }
    heap[child] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let parent = 0
    for (;;) {
      let child = 2 * parent + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= last.at) break
      heap[parent] = heap[child]!
      parent = child
    }
    heap[parent] = last
  }
}
