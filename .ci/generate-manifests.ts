// Renders the plain manifests in deploy/ from the Helm chart, so that there is one truth. It needs Helm, which is built where it
// is missing; a test tells whether they are current.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { format, resolveConfig } from 'prettier'
import type { GeneratedFile } from './generated.ts'
import { settle } from './generated.ts'
import { ensureTool } from '../test/tools/tools.ts'

const ROOT = join(import.meta.dirname, '..')
const CHART = join(ROOT, 'charts/rai-operator')

/** Release and namespace of the plain manifests. */
export const RELEASE = 'rai-operator'
export const NAMESPACE = 'rai-system'

/** Stands for a namespace that is looked after; who uses the manifest says which. */
const LISTED = 'listed'

type Part = {
  /** A folder in deploy/. */
  readonly folder: string
  readonly templates: readonly string[]
  readonly values?: object
}

const PARTS: readonly Part[] = [
  {
    folder: 'base',
    templates: [
      'service-account',
      'resources-role',
      'definitions-role',
      'records-role',
      'user-roles',
      'metrics-service',
      'deployment',
      'pod-disruption-budget',
    ],
  },
  {
    folder: 'components/network-policy',
    templates: ['network-policy'],
    values: { networkPolicy: { enabled: true } },
  },
  {
    folder: 'components/prometheus',
    templates: ['service-monitor', 'prometheus-rule', 'dashboard'],
    values: {
      metrics: { serviceMonitor: { enabled: true }, rules: { enabled: true }, dashboard: { enabled: true } },
    },
  },
  {
    folder: 'components/metrics-auth',
    templates: ['metrics-auth-role'],
    values: { settings: { 'metrics-auth': 'kubernetes' }, metrics: { certificateSecret: 'rai-operator-metrics-tls' } },
  },
  {
    folder: 'components/watch-secrets',
    templates: ['secrets-role'],
    values: { settings: { 'watch-secrets': true } },
  },
  {
    folder: 'components/namespace-labels',
    templates: ['namespaces-role'],
    values: { rbac: { namespaceLabels: true } },
  },
  {
    folder: 'components/listed-namespaces/namespace',
    templates: ['resources-role', 'user-roles'],
    values: { settings: { 'watch-namespaces': [LISTED] } },
  },
  {
    folder: 'components/listed-namespaces/watched-secrets',
    templates: ['secrets-role'],
    values: { settings: { 'watch-namespaces': [LISTED], 'watch-secrets': true } },
  },
]

/** All that is rendered, with the Helm at this path. Fails where a template renders nothing. */
export async function renderManifests(helm: string): Promise<GeneratedFile[]> {
  const rendered = await Promise.all(PARTS.map((part) => renderPart(helm, part)))
  return rendered.flat()
}

async function renderPart(helm: string, { folder, templates, values = {} }: Part): Promise<GeneratedFile[]> {
  const kinds = ['ServiceMonitor', 'PrometheusRule'].map((kind) => `--api-versions=monitoring.coreos.com/v1/${kind}`)
  const running = promisify(execFile)(
    helm,
    ['template', RELEASE, CHART, `--namespace=${NAMESPACE}`, ...kinds, '--values=-'],
    { maxBuffer: 16 << 20 },
  )
  running.child.stdin!.end(JSON.stringify(values))
  const documents = (await running).stdout.split(/^---\n/m)
  return Promise.all(
    templates.map(async (template) => {
      const source = `# Source: ${RELEASE}/templates/${template}.yaml\n`
      const own = documents.filter((document) => document.startsWith(source))
      if (own.length === 0) throw new Error(`${template} renders nothing for deploy/${folder}`)
      const manifests = own.map((document) => plain(document.slice(source.length).trim()))
      const opening = `# Rendered from charts/${RELEASE}/templates/${template}.yaml by .ci/generate-manifests.ts: change it there.\n`
      const path = join(ROOT, 'deploy', folder, `${template}.yaml`)
      const text = await format(opening + manifests.join('\n---\n'), { ...(await resolveConfig(path)), filepath: path })
      return { path, text }
    }),
  )
}

/** Without what only Helm would be right to say. */
function plain(manifest: string): string {
  return manifest.replaceAll(
    new RegExp(`^ +(?:helm\\.sh/chart|app\\.kubernetes\\.io/managed-by): .*\\n|^ +namespace: ${LISTED}\\n`, 'gm'),
    '',
  )
}

if (import.meta.main) {
  const helm = await ensureTool('helm4', (line) => process.stderr.write(`${line}\n`))
  await settle(await renderManifests(helm), 'generate-manifests.ts')
}
