// One application that is applied among many at rest: how much longer than the answers it has to wait for it takes.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ANSWERS_VARIABLE } from '../answer-times.ts'
import type { Bench, Row } from '../bench.ts'
import type { SideName } from '../figures.ts'
import type { Side } from '../sides.ts'
import { covered, quantile } from '../statistics.ts'
import { applicationOf } from '../world.ts'

const PRELOAD = fileURLToPath(new URL('../answer-times.ts', import.meta.url))
const LATENCY_MS = 100
const LONGEST_MS = 60_000
const SHARES = [
  ['p50', 0.5, 1.2],
  ['p99', 0.99, 3],
] as const

type Change = { readonly tookMs: number; readonly waitedMs: number }

export const oneChange: Row = {
  name: 'one-change',
  title: 'one application applied among many at rest, answers in 100 ms: apply to Ready',
  async measure(bench) {
    await bench.populations.at(bench.scale.many)
    const changes = { ours: [] as Change[], go: [] as Change[] }
    for (let run = 0; run < bench.runs; run++) {
      for (const side of run % 2 === 0 ? bench.sides : bench.sides.toReversed()) {
        changes[side.name].push(...(await applyOneByOne(bench, side, run)))
        bench.say(`  ${run + 1} of ${bench.runs}, ${side.name}`)
      }
    }
    const took = (name: SideName, q: number) =>
      changes[name].length === 0
        ? []
        : [
            quantile(
              changes[name].map(({ tookMs }) => tookMs),
              q,
            ),
          ]
    return {
      figures: SHARES.flatMap(([what, q, atMost]) => [
        {
          what: `among ${bench.scale.many}, ${what}`,
          unit: 'ms',
          samples: { ours: took('ours', q), go: took('go', q) },
        },
        {
          what: `${what} of the time against that of the answers it had to wait for`,
          unit: '',
          samples: {
            ours: [
              quantile(
                changes.ours.map(({ tookMs, waitedMs }) => tookMs / waitedMs),
                q,
              ),
            ],
            go: [],
          },
          goal: { atMost },
        },
      ]),
    }
  },
}

/** Each in another tenant, since the list of a tenant is kept for a minute. */
async function applyOneByOne({ populations, scale }: Bench, side: Side, run: number): Promise<Change[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rai-bench-answers-'))
  const answers = join(folder, 'answers')
  const world = populations.world(side)
  const env = { NODE_OPTIONS: `--import=${PRELOAD}`, [ANSWERS_VARIABLE]: answers }
  await populations.restart(side, side.name === 'ours' ? env : {})
  await sleep(scale.settleMs)
  const calm = await world.plane.disturb({ kind: 'delay', seconds: LATENCY_MS / 1_000, count: -1 })
  try {
    const tenants = scale.many / (1 + scale.applicationsPerTenant)
    const changes: Change[] = []
    for (let i = 0; i < scale.changes; i++) {
      const nth = run * scale.changes + i
      const manifest = applicationOf(`t${nth % tenants}`, 1_000 + nth)
      const appliedAt = performance.now()
      const answeredAt = await world.administrator.create(manifest)
      const readyAt = await world.administrator.readyAt(manifest, LONGEST_MS)
      const spans = [[appliedAt, answeredAt] as const, ...(await spansIn(answers))]
      changes.push({ tookMs: readyAt - appliedAt, waitedMs: covered(spans, appliedAt, readyAt) })
    }
    return changes
  } finally {
    await calm()
    await populations.restart(side)
    await rm(folder, { recursive: true, force: true })
  }
}

/** By the clock of this process. */
async function spansIn(file: string): Promise<(readonly [number, number])[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => {
    const [begin, end] = JSON.parse(line) as [number, number]
    return [begin - performance.timeOrigin, end - performance.timeOrigin]
  })
}
