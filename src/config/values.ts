// Turns what was said about settings into values, each by the kind of its setting.
import { shown } from '../shown.ts'
import { ConfigurationError } from './configuration-error.ts'
import type { Setting, Values } from './settings.ts'
import { SETTINGS } from './settings.ts'
import type { AllGiven } from './sources.ts'

/** Every setting, given or by default. Throws {@link ConfigurationError} for a value that its setting does not take. */
export function readValues(given: AllGiven): Values {
  const values = Object.entries<Setting>(SETTINGS).map(([key, setting]) => [key, readValue(setting, given)])
  // Each value came from the kind that its type is derived from.
  return Object.fromEntries(values) as Values
}

/** The value of one setting, given or by default; throws as {@link readValues}. */
export function readValue(setting: Setting, all: AllGiven): unknown {
  const given = all.get(setting.name)
  if (!given) return 'default' in setting ? setting.kind.fromText(setting.default) : undefined
  const value = 'text' in given ? setting.kind.fromText(given.text) : setting.kind.fromFile(given.fileValue)
  if (value === undefined) {
    const got = display('text' in given ? given.text : given.fileValue)
    throw new ConfigurationError(`${given.origin} got ${got}, takes ${setting.kind.takes}`)
  }
  return value
}

const LONGEST_DISPLAY = 100

/** One short line. What stands before an `@`, or somewhere in a map, may be a secret. */
function display(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'string') return part.replace(/^.*@/s, '…@')
    return typeof part === 'object' && part !== null && !Array.isArray(part) ? '{…}' : part
  })
  return shown(text.length <= LONGEST_DISPLAY ? text : `${text.slice(0, LONGEST_DISPLAY)}…`)
}
