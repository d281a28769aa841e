// Generates docs/settings.md from the table of settings; `--check` only tells whether it is current.
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { settle } from './generated.ts'
import type { Setting } from '../src/config/settings.ts'
import { SETTINGS, variable } from '../src/config/settings.ts'

const ROOT = join(import.meta.dirname, '..')

/** The generated page. */
export const PAGE = join(ROOT, 'docs/settings.md')

const OPENING = `<!-- Generated from src/config/settings.ts by .ci/generate-settings.ts: change it there. -->

# Settings

Each setting is a flag, an environment variable, or a key of the YAML file that \`--config\` names. A flag beats a variable,
and a variable beats the file.

| flag             | variable         | line in the file |
| ---------------- | ---------------- | ---------------- |
| \`--workers 16\`   | \`RAI_WORKERS=16\` | \`workers: 16\`    |
| \`--workers=16\`   |                  |                  |

- Durations are written as Go writes them: \`50s\`, \`10m\`, \`1h30m\`.
- Lists are separated by commas; in the file they are YAML lists: \`watch-namespaces: [team-a, team-b]\`.
- A flag that takes true or false may stand alone, which means true.
- An unknown setting, a value that a setting does not take, or none at all, ends the process with status 2 before anything
  is contacted. Variables that begin with \`RAI_TEST_\`, and those by which Kubernetes tells Pods of Services, are left alone.
- \`rai-operator check\` and \`rai-operator export\` take the same settings, and flags of their own: see [the commands](commands.md).
- \`HTTPS_PROXY\`, \`NO_PROXY\` and \`NODE_EXTRA_CA_CERTS\` are honoured for the control plane and token endpoints.

`

/** The whole page as it is to stand in docs/. */
export async function settingsPage(): Promise<string> {
  const settings = Object.values<Setting>(SETTINGS)
  const overview = `| setting | default |\n|---|---|\n${settings.map(row).join('')}\n`
  return format(OPENING + overview + settings.map(section).join('\n'), {
    ...(await resolveConfig(PAGE)),
    parser: 'markdown',
  })
}

function row(setting: Setting): string {
  return `| \`${setting.name}\` | ${fallback(setting)} |\n`
}

function section(setting: Setting): string {
  return `## \`${setting.name}\`

${prose(setting.about)}

- takes ${prose(setting.kind.takes)}
- default: ${fallback(setting)}
- example: \`--${setting.name} ${setting.example}\` or \`${variable(setting)}=${setting.example}\`
`
}

function fallback(setting: Setting): string {
  if ('unset' in setting) return prose(setting.unset)
  return setting.default === '' ? 'empty' : `\`${setting.default}\``
}

/** Text whose stars and underscores mean themselves. */
function prose(text: string): string {
  return text.replaceAll(/[*_]/g, String.raw`\$&`)
}

if (import.meta.main) await settle([{ path: PAGE, text: await settingsPage() }], 'generate-settings.ts')
