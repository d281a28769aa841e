// Texts that occur again and again in what the API server sends, kept in memory once.

/**
 * How many different texts are remembered at a time. Most are ids that occur once; when it is full, all are forgotten, and
 * those that are common are soon there again.
 */
const MOST = 512

export class SharedTexts {
  #known = new Map<string, string>()

  /**
   * Puts the copy of each text that is known already in place of another one, in all of `value`, which is JSON that nobody
   * else holds yet. What it says stays the same.
   */
  share(value: object): void {
    const members = value as Record<string, unknown>
    for (const key of Object.keys(members)) {
      const member = members[key]
      if (typeof member === 'string') members[key] = this.#copyOf(member)
      else if (typeof member === 'object' && member !== null) this.share(member)
    }
  }

  #copyOf(text: string): string {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    if (this.#known.size >= MOST) this.#known = new Map()
    this.#known.set(text, text)
    return text
  }
}
