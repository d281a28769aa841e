// The texts of `--help`, from the table of settings.
import type { CommandFlag } from './command-flags.ts'
import { CHECK_OUTPUT, EXPORT_NAMESPACE, EXPORT_OUTPUT } from './command-flags.ts'
import type { Setting } from './settings.ts'
import { SETTINGS } from './settings.ts'

const WIDTH = 100
const INDENT = 28

const FORMS = `Each setting is a flag, an environment variable (RAI_ and the name in capitals, with _ for -) or a
key of the YAML file that --config names. A flag beats a variable, and that the file.
Durations: 50s, 10m, 1h30m. Lists: items separated by commas; in the file, a YAML list.

`

const OPENING = `rai-operator: Kubernetes operator for Resistant AI's Tenant Management API

Usage: rai-operator [run] [--NAME VALUE | --NAME=VALUE]...
       rai-operator check [-o text|json|yaml] [--NAME VALUE | --NAME=VALUE]...
       rai-operator export [-n NAMESPACE] [-o yaml|json] [--NAME VALUE | --NAME=VALUE]...
       rai-operator rai [--help]
       rai-operator simulator [--help]
       rai-operator --help | --version

Commands:
  run        the controller (default)
  check      tells what the operator would lack: credential, token, permissions, definitions
  export     prints manifests for tenants and applications that no resource stands for
  rai        what kubectl rai does: status, rotate, reconcile, pause, resume, report
  simulator  the Tenant Management API and its token endpoints, in memory

${FORMS}Settings:
`

const EXPORT_OPENING = `rai-operator export: prints manifests for tenants and applications that no resource stands for

Usage: rai-operator export [-n NAMESPACE] [-o yaml|json] [--NAME VALUE | --NAME=VALUE]...

A YAML stream goes to standard output, ready to be applied once what its comments say has been done.
What cannot be taken over is named on standard error. It reads the organization and the cluster with
the settings of the operator that is to take over, and changes nothing in either.

${row(EXPORT_NAMESPACE)}${row(EXPORT_OUTPUT)}
${FORMS}Settings, those of rai-operator run:
`

const CHECK_OPENING = `rai-operator check: tells what the operator would lack

Usage: rai-operator check [-o text|json|yaml] [--NAME VALUE | --NAME=VALUE]...

With the settings of the operator it gets a token, lists the tenants, looks whether the definitions
in the cluster are those of this version, and asks for every permission that the operator needs.
A line tells each, and what to do where something fails; it goes on after that. Nothing is changed.
Status: 0 all is well; 1 something failed; 2 the settings are wrong.

${row(CHECK_OUTPUT)}
${FORMS}Settings, those of rai-operator run:
`

const OPENINGS = { run: OPENING, check: CHECK_OPENING, export: EXPORT_OPENING }

/** At most 100 columns wide. */
export function usage(command: keyof typeof OPENINGS): string {
  return OPENINGS[command] + Object.values(SETTINGS).map(row).join('')
}

function row(setting: CommandFlag): string {
  const short = setting.short === undefined ? '' : `-${setting.short}, `
  const flag = `  ${short}--${setting.name} ${setting.kind.placeholder}`
  const lines = wrap(`${setting.about} (${fallback(setting)})`, WIDTH - INDENT).map((line) => ' '.repeat(INDENT) + line)
  const isShort = flag.length <= INDENT - 2
  const head = isShort ? flag.padEnd(INDENT) + lines.shift()?.trimStart() : flag
  return [head, ...lines, ''].join('\n')
}

function fallback(setting: Setting): string {
  if ('unset' in setting) return `default: ${setting.unset}`
  return `default: ${setting.default === '' ? 'empty' : setting.default}`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
