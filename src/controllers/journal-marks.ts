// What the cache shows of journals, by resource: whom to look at, never what to do.
import { isUnfinished } from '../domain/journal.ts'
import type { JournalMark } from '../domain/journal.ts'
import type { JournalView } from './ports.ts'

/** One journal as the cache has it. */
export type SeenJournal = { readonly name: string; readonly mark: JournalMark | { readonly problem: string } }

export class JournalMarks implements JournalView {
  /** Names of journals that keep a resource from its rest, by the resource's UID. */
  readonly #unfinished = new Map<string, Set<string>>()
  readonly #claims = new Map<string, string>()

  hasUnfinished(uid: string): boolean {
    return this.#unfinished.has(uid)
  }

  claims(): Iterable<string> {
    return this.#claims.values()
  }

  /** Told of each change of the cache. */
  changed(before: SeenJournal | undefined, after: SeenJournal | undefined): void {
    if (before) this.#forget(before)
    if (!after) return
    const { name, mark } = after
    if ('claims' in mark && mark.claims !== undefined) this.#claims.set(name, mark.claims)
    if ('state' in mark && !isUnfinished(mark.state)) return
    const uid = uidOf(after)
    if (uid !== undefined) this.#unfinished.set(uid, (this.#unfinished.get(uid) ?? new Set()).add(name))
  }

  #forget(seen: SeenJournal): void {
    this.#claims.delete(seen.name)
    const uid = uidOf(seen) ?? ''
    const names = this.#unfinished.get(uid)
    names?.delete(seen.name)
    if (names?.size === 0) this.#unfinished.delete(uid)
  }
}

/** The resource that a journal is about, by its name where its content cannot be read. */
function uidOf({ name, mark }: SeenJournal): string | undefined {
  return 'subject' in mark ? mark.subject.uid : /^journal-(.+)-[^-]+$/.exec(name)?.[1]
}
