// What the cache shows of journals, by resource: whom to look at, never what to do.
import { isUnfinished } from '../domain/journal.ts'
import type { JournalMark } from '../domain/journal.ts'
import type { JournalView } from './ports.ts'

/** One journal as the cache has it. */
export type SeenJournal = { readonly name: string; readonly mark: JournalMark | { readonly problem: string } }

export class JournalMarks implements JournalView {
  /** Names of journals that keep a resource from its rest, by the resource's UID. */
  readonly #unfinished = new Map<string, Set<string>>()
  /** What each journal claims, by the journal's name. */
  readonly #claims = new Map<string, string>()
  /** How many journals claim each application. */
  readonly #claimed = new Map<string, number>()

  hasUnfinished(uid: string): boolean {
    return this.#unfinished.has(uid)
  }

  claims(): Iterable<string> {
    return this.#claims.values()
  }

  isClaimed(applicationId: string): boolean {
    return this.#claimed.has(applicationId)
  }

  /** Told of each change of the cache. */
  changed(before: SeenJournal | undefined, after: SeenJournal | undefined): void {
    if (before) this.#forget(before)
    if (!after) return
    const { name, mark } = after
    if ('claims' in mark && mark.claims !== undefined) this.#claim(name, mark.claims)
    if ('state' in mark && !isUnfinished(mark.state)) return
    const uid = uidOf(after)
    if (uid !== undefined) this.#unfinished.set(uid, (this.#unfinished.get(uid) ?? new Set()).add(name))
  }

  #claim(name: string, applicationId: string): void {
    this.#claims.set(name, applicationId)
    this.#claimed.set(applicationId, (this.#claimed.get(applicationId) ?? 0) + 1)
  }

  #unclaim(name: string): void {
    const applicationId = this.#claims.get(name)
    if (applicationId === undefined) return
    this.#claims.delete(name)
    const others = this.#claimed.get(applicationId)! - 1
    if (others > 0) this.#claimed.set(applicationId, others)
    else this.#claimed.delete(applicationId)
  }

  #forget(seen: SeenJournal): void {
    this.#unclaim(seen.name)
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
