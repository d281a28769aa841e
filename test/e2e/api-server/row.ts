// What a row of the contract is.
import type { Client } from './client.ts'

/** A rule, and what shows that an API server keeps it. The client's namespace is new and empty. */
export type Row = readonly [rule: string, holds: (client: Client) => Promise<void>]
