// Writes JSON whose integers may be larger than a number can hold.

// TypeScript's own types do not know this function of ECMAScript 2026 yet.
declare global {
  interface JSON {
    /** A value that `JSON.stringify` writes as `text`, which must be a primitive of JSON. */
    rawJSON(text: string): unknown
  }
}

/** JSON in which bigints are integers: `n`, `x` and `y` of the contract's ApplicationCreateRequest. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? JSON.rawJSON(String(part)) : part))
}
