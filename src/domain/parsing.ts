// Reads text that somebody may have written by hand.

/** The fields of a JSON object; `undefined` of anything else. */
export function objectIn(json: string | undefined): Readonly<Record<string, unknown>> | undefined {
  const value = valueIn(json)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** A JSON list of texts; `undefined` of anything else. */
export function listIn(json: string | undefined): readonly string[] | undefined {
  const value = valueIn(json)
  return isTexts(value) ? value : undefined
}

/** True for text that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function valueIn(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '')
  } catch {
    return undefined
  }
}

/** Texts of others may hold anything, also what commands a terminal, or ends a line for some parser and begins a manifest of its own. */
export function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?')
}

/** More than any id has. */
const MOST_CHARACTERS = 300

/** … as part of a message: an annotation or a Secret may hold so much that no status takes it. */
export function quotable(text: string): string {
  return printable(text.slice(0, MOST_CHARACTERS))
}
