// What a command found, for another program.
import { stringify } from 'yaml'
import { shown } from '../shown.ts'

/** How a command prints what it found: for a person, or for a program. */
export type Output = 'text' | Structured
export type Structured = 'json' | 'yaml'

/** One document. Nothing in it commands a terminal. */
export function structured(value: unknown, format: Structured): string {
  return shown(format === 'json' ? `${JSON.stringify(value, undefined, 2)}\n` : stringify(value, { lineWidth: 0 }))
}
