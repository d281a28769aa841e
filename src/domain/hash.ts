// A short name for any text. Not for secrets, and not unique.

/** FNV-1a, 32 bits, in hexadecimal. */
export function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0
  return hash.toString(16)
}
