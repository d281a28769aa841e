// What is shipped for Prometheus and Grafana, judged by promtool, and by a Prometheus that scrapes two replicas for a minute.
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { alerts, queries, RULES_PATH, runbookCommands, runbookQueries, UNIT_TEST_PATHS } from '../monitoring/files.ts'
import type { Prometheus } from '../monitoring/prometheus.ts'
import { SCRAPE_SECONDS, startPrometheus } from '../monitoring/prometheus.ts'
import { ROOT } from '../repo/source-files.ts'
import type { Operator } from '../stack/operator.ts'
import { startStandby } from '../stack/replicas.ts'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { ensureTool } from '../tools/tools.ts'

const NAMESPACE = 'rai-system'
const MINUTE_SECONDS = 60
/** Gauges of prom-client whose names end as only a counter's should. We do not name them. */
const MISNAMED = /^(?:# (?:HELP|TYPE) )?nodejs_active_(?:handles|requests|resources)_total\b/

const test = suite('prometheus')
let promtool: string
let stack: Stack
let standby: Operator
let prometheus: Prometheus

function replicas(): readonly Operator[] {
  return [stack.operator, standby]
}

/** What promtool prints. Fails with that when it finds something wrong. */
async function judge(args: readonly string[], input = ''): Promise<string> {
  const judging = promisify(execFile)(promtool, args)
  judging.child.stdin?.end(input)
  const { stdout, stderr } = await judging.catch((error: { stdout?: string; stderr?: string }) => {
    throw new Error(`${args.join(' ')}: ${error.stdout ?? ''}${error.stderr ?? ''}`)
  })
  return stdout + stderr
}

test.before(async () => {
  const report = (line: string) => void process.stderr.write(`${line}\n`)
  promtool = await ensureTool('promtool', report)
  const program = await ensureTool('prometheus', report)
  stack = await startStack('prometheus', { flags: { 'sweep-interval': '1m' } })
  standby = await startStandby(stack, 'standby')
  prometheus = await startPrometheus(program, {
    directory: stack.directory,
    metricsUrls: replicas().map(({ metricsUrl }) => metricsUrl),
    labels: { namespace: NAMESPACE },
  })
  await stack.apply(tenant('acme'), application('web', 'acme'), application('batch', 'acme'))
})

test.after(async () => {
  await prometheus.stop()
  await stack.stop()
})

test('promtool finds nothing wrong with the rules', async () => {
  const said = await judge(['check', 'rules', '--lint=all', '--lint-fatal', join(ROOT, RULES_PATH)])
  assert.match(said, `SUCCESS: ${alerts().length} rules found`)
})

test('each alert fires when it should, in these words, and not a little before', async () => {
  const paths = UNIT_TEST_PATHS.map((path) => join(ROOT, path))
  assert.match(await judge(['test', 'rules', ...paths]), 'SUCCESS')
})

test('promtool finds nothing wrong with the metrics', async () => {
  const lines = (await (await fetch(stack.operator.metricsUrl)).text()).split('\n')
  const own = lines.filter((line) => !MISNAMED.test(line))
  assert.ok(own.length > lines.length / 2)
  await judge(['check', 'metrics'], own.join('\n'))
})

test('Prometheus scrapes a leader at work and a standby for a minute', async () => {
  await eventually('all are Ready', async () =>
    [await stack.tenant('acme'), await stack.application('web'), await stack.application('batch')].every(isReady),
  )
  await stack.kubectl(['delete', 'raiapp', 'batch'])
  const scrapes = MINUTE_SECONDS / SCRAPE_SECONDS
  await eventually(
    'a minute of scrapes',
    async () => Number((await prometheus.query('min(sum_over_time(up[1h]))'))[0]?.value[1]) >= scrapes,
    2 * MINUTE_SECONDS * 1_000,
  )
  assert.equal(
    (await prometheus.targets()).map(({ health, lastError }) => [health, lastError]),
    replicas().map(() => ['up', '']),
  )
})

test('every alert evaluates, and none is raised while all is well', async () => {
  // Which is never empty on a standby, and no reason for an alert.
  assert.ok(Math.max(...(await standby.metrics('workqueue_depth')).values()) > 0)
  const quiet = alerts().map(({ alert }) => `${alert}: ok inactive`)
  const told = (await prometheus.rules()).map(({ name, health, state, lastError = '' }) =>
    `${name}: ${health} ${state} ${lastError}`.trim(),
  )
  assert.equal(told.toSorted(), quiet.toSorted())
})

/** As Grafana fills it in, with everything chosen. */
function filled(expression: string): string {
  const hosts = replicas().map(({ metricsUrl }) => new URL(metricsUrl).host)
  return expression
    .replaceAll('$namespace', '.*')
    .replaceAll('$instance', hosts.join('|'))
    .replaceAll('$__rate_interval', `${MINUTE_SECONDS}s`)
    .replaceAll('$__range', '1h')
}

test('every panel of the dashboard shows something', async () => {
  const empty: string[] = []
  for (const { title, expr } of queries()) {
    const series = await prometheus.query(filled(expr))
    if (series.length === 0) empty.push(`${title}: ${expr}`)
  }
  assert.equal(empty, [])
})

test('Prometheus understands every query in the runbook', async () => {
  for (const query of runbookQueries()) assert.type((await prometheus.query(query)).length, 'number')
})

test('kubectl understands every command of the runbook that looks at resources', async () => {
  const { kubectl, kubeconfig } = stack.cluster
  const env = { ...process.env, KUBECONFIG: kubeconfig, PATH: `${dirname(kubectl)}:${process.env['PATH']}` }
  const commands = runbookCommands()
  assert.ok(commands.length > 0)
  for (const command of commands) await promisify(execFile)('sh', ['-c', command], { env })
})

test('an alert is raised when both have gone', async () => {
  await Promise.all(replicas().map((operator) => operator.stop()))
  await eventually('the alert', async () => {
    const raised = (await prometheus.rules()).filter(({ state }) => state !== 'inactive')
    return raised.map(({ name }) => name).join() === 'RaiOperatorDown'
  })
})

test.run()
