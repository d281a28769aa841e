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
