// What is shipped for Prometheus and Grafana, and the document that explains it.
import { parse } from 'yaml'
import { read } from '../repo/source-files.ts'

export const RULES_PATH = 'charts/rai-operator/files/alerts.yaml'
export const UNIT_TEST_PATHS = ['test/monitoring/alerts.test.yaml', 'test/monitoring/slow-alerts.test.yaml']
export const DASHBOARD_PATH = 'charts/rai-operator/files/dashboard.json'
export const RUNBOOK_PATH = 'docs/alerts.md'

export type Alert = {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Of all groups, in their order. */
export function alerts(): Alert[] {
  const { groups } = parse(read(RULES_PATH)) as { groups: { rules: Alert[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

/** Of the rules' own tests: what is expected of one alert at one moment. */
export type Expectation = { readonly alertname: string; readonly exp_alerts: readonly unknown[] }

type UnitTests = { readonly tests: readonly { readonly name: string; readonly alert_rule_test: Expectation[] }[] }

export function expectations(): { readonly name: string; readonly expected: readonly Expectation[] }[] {
  const tests = UNIT_TEST_PATHS.flatMap((path) => (parse(read(path)) as UnitTests).tests)
  return tests.map(({ name, alert_rule_test }) => ({ name, expected: alert_rule_test }))
}

type Datasource = { readonly type: string; readonly uid: string }
export type Panel = {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: Datasource
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[]
}
export type Variable = {
  readonly name: string
  readonly type: string
  readonly query: string | { readonly query: string }
  readonly datasource?: Datasource
  readonly allValue?: string
}
export type Dashboard = {
  readonly uid: string
  readonly id?: unknown
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly Panel[]
}

export function dashboard(): Dashboard {
  return JSON.parse(read(DASHBOARD_PATH)) as Dashboard
}

/** The queries of all panels, by what a person sees above them. */
export function queries(): { readonly title: string; readonly expr: string }[] {
  return dashboard().panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
}

/** The queries that the runbook has people ask Prometheus. */
export function runbookQueries(): string[] {
  return blocks('promql')
}

/** The commands by which the runbook has people look at resources, for a shell; without what filters their output. */
export function runbookCommands(): string[] {
  const lines = blocks('console').flatMap((block) => block.split('\n'))
  return lines.filter((line) => line.startsWith('kubectl get rai')).map((line) => line.split(' | ')[0]!)
}

function blocks(language: 'promql' | 'console'): string[] {
  const fenced = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm')
  return Array.from(read(RUNBOOK_PATH).matchAll(fenced), ([, block = '']) => block.trim())
}
