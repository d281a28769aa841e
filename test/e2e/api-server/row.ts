// What a row of the contract is.
import type { Client } from './client.ts'

/**
 * A rule, and what shows that an API server keeps it. The client's namespace is new and empty. A server on which the feature gate
 * that a rule `needs` is off refuses what is asked there.
 */
export type Row = readonly [rule: string, holds: (client: Client) => Promise<void>, needs?: 'WatchList']
