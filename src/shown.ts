// JSON of texts that somebody else wrote, for a terminal.

/** What JSON lets pass although a terminal obeys it, or shows what follows in another order. Only in texts, so an escape is JSON. */
const UNSHOWN = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu

/** The same JSON, with nothing in it that is not shown as what it is. */
export function shown(json: string): string {
  return json.replaceAll(UNSHOWN, escapeOf)
}

function escapeOf(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
