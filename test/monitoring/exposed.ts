// All that the operator exposes from the start, and what PromQL may ask of it.
import { Metrics } from '../../src/telemetry/metrics.ts'
import type { Family } from '../telemetry/exposition.ts'
import { parseExposition } from '../telemetry/exposition.ts'
import type { Selector } from './promql.ts'
import { isMet } from './promql.ts'

/** The control loops, by the names that their metrics have. */
const LOOPS = ['raitenant', 'raitenantapplication', 'journal', 'sweep']
/** What Prometheus adds to what it scrapes, as far as we go by it: `cluster` where one looks after several. */
const OF_TARGETS = ['cluster', 'namespace', 'instance']
/** Labels whose values are there only once they occur. */
const OPEN = new Set(['code', 'version', ...OF_TARGETS])
const SUFFIX = /_(?:bucket|sum|count)$/

export type Exposed = ReadonlyMap<string, Family>

let once: Promise<Exposed> | undefined

/** As one process can tell it once: what counts the process is installed for good. */
export function exposed(): Promise<Exposed> {
  return (once ??= expose())
}

async function expose(): Promise<Exposed> {
  const metrics = new Metrics({ version: '1.2.3', tenantQuota: 20, leaseName: 'rai-operator', perObjectMetrics: false })
  for (const loop of LOOPS) metrics.loops.of(loop)
  metrics.kube.of('192.0.2.1:6443')
  metrics.addProcess()
  return parseExposition((await metrics.expose()).body)
}

/** The family that a series of this name belongs to. */
export function familyOf(exposed: Exposed, metric: string): Family | undefined {
  const family = exposed.get(metric)
  if (family) return family
  const parent = exposed.get(metric.replace(SUFFIX, ''))
  return parent?.type === 'histogram' ? parent : undefined
}

/** Why a selector would find nothing; `undefined` when it would find something. */
export function mistakeIn(exposed: Exposed, { metric, matchers }: Selector): string | undefined {
  const samples = familyOf(exposed, metric)?.samples.filter(({ name }) => name === metric)
  if (!samples) return `there is no ${metric}`
  const known = new Set([...OF_TARGETS, ...samples.flatMap(({ labels }) => Object.keys(labels))])
  const unknown = matchers.find(({ label }) => !known.has(label))
  if (unknown) return `${metric} has no label ${unknown.label}`
  const closed = matchers.filter(({ label }) => !OPEN.has(label))
  const isFound = samples.some(({ labels }) => closed.every((matcher) => isMet(matcher, labels[matcher.label] ?? '')))
  return isFound ? undefined : `${metric} has no series with ${closed.map(({ value }) => value).join()}`
}

/** Every label that some series has, or gets from Prometheus. */
export function labelsOf(exposed: Exposed): Set<string> {
  const samples = [...exposed.values()].flatMap((family) => family.samples)
  return new Set([...OF_TARGETS, ...samples.flatMap(({ labels }) => Object.keys(labels))])
}
