// A real Prometheus on loopback, which scrapes replicas of the operator and evaluates our rules.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ROOT } from '../repo/source-files.ts'
import type { Program } from '../stack/program.ts'
import { startProgram, untilLogged } from '../stack/program.ts'
import { RULES_PATH } from './files.ts'

export const SCRAPE_SECONDS = 2

type Series = {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, value: string]
}
type Rule = {
  readonly name: string
  readonly state: 'inactive' | 'pending' | 'firing'
  readonly health: 'ok' | 'err' | 'unknown'
  readonly lastError?: string
}
type Target = { readonly health: string; readonly lastError: string }

export type Prometheus = Pick<Program, 'stop'> & {
  /** The series that an expression has now. Fails with what Prometheus says is wrong with it. */
  query(expression: string): Promise<readonly Series[]>
  rules(): Promise<readonly Rule[]>
  targets(): Promise<readonly Target[]>
}

/** Starts the program at `path`, which keeps its data in `directory`. All targets have `labels`, as Kubernetes would give them. */
export async function startPrometheus(
  path: string,
  options: {
    readonly directory: string
    readonly metricsUrls: readonly string[]
    readonly labels: Readonly<Record<string, string>>
  },
): Promise<Prometheus> {
  const { directory, metricsUrls, labels } = options
  const configFile = join(directory, 'prometheus.yaml')
  const interval = `${SCRAPE_SECONDS}s`
  const config = {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [join(ROOT, RULES_PATH)],
    scrape_configs: [
      {
        job_name: 'named-by-somebody',
        static_configs: [{ targets: metricsUrls.map((url) => new URL(url).host), labels }],
      },
    ],
  }
  await writeFile(configFile, stringify(config))
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(directory, 'prometheus-data')}`,
    '--web.listen-address=127.0.0.1:0',
  ]
  const program = await startProgram([path, ...args], { logFile: join(directory, 'prometheus.log') })
  const [, address] = await untilLogged(program, /"Listening on".* address=(127\.0\.0\.1:\d+)/)
  const ask = async <T>(path: string, body?: URLSearchParams): Promise<T> => {
    const answer = await fetch(`http://${address}/api/v1/${path}`, body && { method: 'POST', body })
    const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string }
    if (status !== 'success') throw new Error(error)
    return data
  }
  return {
    stop: program.stop,
    async query(expression) {
      const { result } = await ask<{ result: readonly Series[] }>('query', new URLSearchParams({ query: expression }))
      return result
    },
    async rules() {
      const { groups } = await ask<{ groups: readonly { rules: readonly Rule[] }[] }>('rules')
      return groups.flatMap(({ rules }) => rules)
    },
    async targets() {
      return (await ask<{ activeTargets: readonly Target[] }>('targets')).activeTargets
    },
  }
}
