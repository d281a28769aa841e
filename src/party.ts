// For whom something is done: where many wait for one thing, parties take turns.
import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage<string>()

/** The part of a resource's key before the slash: its namespace, whose resources share its turns. */
export function partyOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

/**
 * Does `work`, and all that it starts, for `party`. A context and not a parameter: between a worker and the budget lie a dozen
 * functions that are nobody's party.
 */
export function workFor<T>(party: string, work: () => T): T {
  return current.run(party, work)
}

/** For whom the caller works; empty where nobody in particular asked for it, as for a sweep. */
export function currentParty(): string {
  return current.getStore() ?? ''
}
