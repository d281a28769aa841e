// When something outside counts as gone: docs/api.md, "Deletion". One 404 is no proof, since a wrong organization says 404 too.

/** Apart by this much, two absences count where no list can testify. */
export const SECOND_LOOK_MS = 30_000

export type Absence = {
  /** The ids of one complete list made in the same pass. */
  readonly listed: ReadonlySet<string>
  /** Other ids that this organization is known to hold: their sight proves that we look at the right one. */
  readonly known: Iterable<string>
  /** How long ago the id was first found absent, in milliseconds. */
  readonly sinceMs: number
}

/** True when `id`, which a read or a delete answered with 404 without a 204 of our own before it, may be forgotten. */
export function isGone(id: string, { listed, known, sinceMs }: Absence): boolean {
  if (listed.has(id)) return false
  for (const other of known) if (other !== id && listed.has(other)) return true
  return sinceMs >= SECOND_LOOK_MS
}
