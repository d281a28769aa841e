// Generates deploy/components/argocd/argocd-cm.yaml from the Lua scripts in deploy/argocd/; `--check` only tells whether it is current.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { stringify } from 'yaml'
import { settle } from './generated.ts'
import { APPLICATION_KIND, GROUP, TENANT_KIND } from '../src/api/names.ts'

const ROOT = join(import.meta.dirname, '..')

/** The scripts, in the layout of Argo CD's own `resource_customizations`. */
export const SCRIPTS = join(ROOT, 'deploy/argocd', GROUP)

/** The generated patch of Argo CD's ConfigMap. */
export const CONFIG_MAP = join(ROOT, 'deploy/components/argocd/argocd-cm.yaml')

const OPENING = `# Generated from the scripts in deploy/argocd/ by .ci/generate-argocd.ts: change them there.
#
# What Argo CD needs to know of our kinds. Add it to its ConfigMap, whose other keys stay as they are:
#   kubectl patch configmap argocd-cm -n argocd --patch-file deploy/components/argocd/argocd-cm.yaml
`

/** The whole file as it is to stand in deploy/components/argocd/. */
export async function argocdConfigMap(): Promise<string> {
  const keys = await Promise.all([TENANT_KIND, APPLICATION_KIND].map(customizations))
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'argocd-cm',
      namespace: 'argocd',
      labels: { 'app.kubernetes.io/name': 'argocd-cm', 'app.kubernetes.io/part-of': 'argocd' },
    },
    data: Object.assign({}, ...keys) as object,
  }
  return format(OPENING + literally(configMap), { ...(await resolveConfig(CONFIG_MAP)), parser: 'yaml' })
}

/** What the ConfigMap says of one kind. In its keys no wildcard can stand, so both kinds have the one health script. */
async function customizations(kind: string): Promise<Record<string, string>> {
  const folders = (await readdir(join(SCRIPTS, kind, 'actions'), { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  )
  const actions = folders.map(({ name }) => name).filter((name) => name !== 'testdata')
  return {
    [`resource.customizations.health.${GROUP}_${kind}`]: await script('_/health.lua'),
    [`resource.customizations.actions.${GROUP}_${kind}`]: literally({
      'discovery.lua': await script(`${kind}/actions/discovery.lua`),
      definitions: await Promise.all(
        actions
          .toSorted()
          .map(async (name) => ({ name, 'action.lua': await script(`${kind}/actions/${name}/action.lua`) })),
      ),
    }),
  }
}

function script(path: string): Promise<string> {
  return readFile(join(SCRIPTS, path), 'utf8')
}

/** YAML in which a script reads as it does in its file. */
function literally(value: object): string {
  return stringify(value, { blockQuote: 'literal', lineWidth: 0 })
}

if (import.meta.main) await settle([{ path: CONFIG_MAP, text: await argocdConfigMap() }], 'generate-argocd.ts')
