// Reads Prometheus' text format, strictly. Source: Prometheus, "Exposition formats", version 0.0.4.

export type Sample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}
export type Family = { readonly name: string; readonly type: string; readonly help: string; readonly samples: Sample[] }

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"'
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`)
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`)
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL})(?:,${LABEL})*)\\})? (\\S+)$`)
/** What may follow a family's name in the names of its samples. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'] }

/** The families by name. Throws an error that quotes the first line that does not belong. */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let help: RegExpExecArray | null = null
  let family: Family | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue
    const refuse = (why: string): never => {
      throw new Error(`${why}: ${line}`)
    }
    if (line.startsWith('# HELP')) {
      help = HELP.exec(line) ?? refuse('no HELP')
    } else if (line.startsWith('#')) {
      const [, name = '', type = ''] = TYPE.exec(line) ?? refuse('no TYPE')
      if (help?.[1] !== name) refuse('TYPE without HELP')
      if (families.has(name)) refuse('twice')
      family = { name, type, help: help?.[2] ?? '', samples: [] }
      families.set(name, family)
    } else {
      const sample = parseSample(line) ?? refuse('no sample')
      const names = SUFFIXES[family?.type ?? '']?.map((suffix) => family?.name + suffix) ?? [family?.name]
      if (!names.includes(sample.name)) refuse('sample of another family')
      const series = `${sample.name} ${JSON.stringify(sample.labels, Object.keys(sample.labels).toSorted())}`
      if (seen.has(series)) refuse('series twice')
      seen.add(series)
      family?.samples.push(sample)
    }
  }
  return families
}

function parseSample(line: string): Sample | undefined {
  const [, name, labels = '', number = ''] = SAMPLE.exec(line) ?? []
  const value = parseNumber(number)
  if (name === undefined || value === undefined) return undefined
  const pairs = Array.from(labels.matchAll(new RegExp(LABEL, 'g')), ([pair]) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), JSON.parse(pair.slice(at + 1)) as string] as const
  })
  return { name, labels: Object.fromEntries(pairs), value }
}

/** As Go's ParseFloat takes them: prom-client writes `Nan`, which is one of its spellings. */
function parseNumber(text: string): number | undefined {
  if (/^nan$/i.test(text)) return Number.NaN
  if (text === '+Inf') return Infinity
  return /^-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?$/.test(text) ? Number(text) : undefined
}
