// The kinds of values that settings take: each reads the text of a flag or variable, or a value of the YAML file.
import { parseDuration } from '../duration.ts'

/** Method syntax on purpose: a `Kind<number>` is then a `Kind<unknown>`, as the table of all settings needs. */
export type Kind<T> = {
  /** What it takes, in words that follow "takes". */
  readonly takes: string
  /** Stands for the value in `--help`. */
  readonly placeholder: string
  /** The value, or `undefined` for text that is none. */
  fromText(text: string): T | undefined
  /** As {@link fromText}, of what stands in the file. */
  fromFile(value: unknown): T | undefined
}

/** A kind that the file writes as a string, too. */
export function textual<T>(kind: Omit<Kind<T>, 'fromFile'>): Kind<T> {
  return { ...kind, fromFile: (value) => (typeof value === 'string' ? kind.fromText(value) : undefined) }
}

/** Text that matches as a whole. */
export function matching(pattern: RegExp, takes: string, placeholder: string): Kind<string> {
  return textual({ takes, placeholder, fromText: (text) => (pattern.test(text) ? text : undefined) })
}

export const boolean: Kind<boolean> = {
  takes: 'true or false',
  placeholder: 'true|false',
  fromText: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  fromFile: (value) => (typeof value === 'boolean' ? value : undefined),
}

export function integer(least: number, most: number): Kind<number> {
  const within = (value: number) => (Number.isInteger(value) && value >= least && value <= most ? value : undefined)
  return {
    takes: `a whole number from ${least} to ${most}`,
    placeholder: 'N',
    fromText: (text) => (/^-?[0-9]{1,15}$/.test(text) ? within(Number(text)) : undefined),
    fromFile: (value) => (typeof value === 'number' ? within(value) : undefined),
  }
}

/** In milliseconds. The bounds are durations, too. */
export function duration(least: string, most: string): Kind<number> {
  const [leastMs, mostMs] = [parseDuration(least)!, parseDuration(most)!]
  return textual({
    takes: `a duration from ${least} to ${most}, such as 50s, 10m or 1h30m`,
    placeholder: 'DURATION',
    fromText(text) {
      const ms = parseDuration(text)
      return ms !== undefined && ms >= leastMs && ms <= mostMs ? ms : undefined
    },
  })
}

export function oneOf<const V extends string>(...values: readonly V[]): Kind<V> {
  return textual({
    takes: values.join(' or '),
    placeholder: values.join('|'),
    fromText: (text) => values.find((value) => value === text),
  })
}

/** Items without repetition, separated by commas; a list in the file. */
export function listOf<T>(item: Kind<T>): Kind<readonly T[]> {
  const all = <V>(values: readonly V[], read: (value: V) => T | undefined): readonly T[] | undefined => {
    const items = values.map((value) => read(value)).filter((value) => value !== undefined)
    return items.length === values.length && new Set(values).size === values.length ? items : undefined
  }
  return {
    takes: `a list, each once, of: ${item.takes}`,
    placeholder: `${item.placeholder},…`,
    fromText: (text) => (text === '' ? [] : all(text.split(','), (part) => item.fromText(part.trim()))),
    fromFile: (value) => (Array.isArray(value) ? all(value, (part) => item.fromFile(part)) : undefined),
  }
}
