// Documents and code tell the same story, in both directions.
import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { isReason, REASON_CLASS } from '../../src/api/reasons.ts'
import type { ReasonClass } from '../../src/api/reasons.ts'
import type { Setting } from '../../src/config/settings.ts'
import { SETTINGS, variable } from '../../src/config/settings.ts'
import { blocksIn, stepsOf } from '../documents/blocks.ts'
import type { Block } from '../documents/blocks.ts'
import { read, repositoryFiles, ROOT } from './source-files.ts'

const DOCUMENTS = repositoryFiles(/\.md$/)
const CODE = repositoryFiles(/^(?:src|test|\.ci)\/.*\.ts$/)

function matches(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), (match) => match[1]!)
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted()
}

/** What a document and the code each name: the two lists are to be equal. */
type Pair = { readonly what: string; readonly documented: () => string[]; readonly coded: () => string[] }

const METRIC = /'((?:rai|controller_runtime|workqueue|rest_client|leader_election)_[a-z_]+)'/g

const PAIRS: readonly Pair[] = [
  {
    what: 'reason',
    documented: () => matches(read('docs/reasons.md'), /^### (\w+)$/gm),
    coded: () => Object.keys(REASON_CLASS),
  },
  {
    what: 'setting',
    documented: () => matches(read('docs/settings.md'), /^## `([a-z-]+)`$/gm),
    coded: () => Object.values(SETTINGS).map(({ name }) => name),
  },
  {
    what: 'metric',
    documented: () => matches(read('docs/metrics.md'), /^(?:\| )?`([a-z]+_[a-z_]+)`/gm),
    coded: () => repositoryFiles(/^src\/telemetry\/.*\.ts$/).flatMap((path) => matches(read(path), METRIC)),
  },
]

const docs = suite('docs')

for (const { what, documented, coded } of PAIRS) {
  docs(`every ${what} is documented, and every documented ${what} exists`, () => {
    assert.equal(unique(documented()), unique(coded()))
  })
}

/** The headings of docs/reasons.md under which the reasons of each class stand. */
const CLASS_OF_HEADING: Readonly<Record<string, ReasonClass>> = {
  Done: 'done',
  'At work, or tried again by itself': 'working',
  'A person must act': 'person',
  Neither: 'neither',
}

docs('every reason stands under the heading of its class, and says what it means and what to do', () => {
  const classes = read('docs/reasons.md').split(/^## /m).slice(1)
  const entries = classes.flatMap((text) => {
    const [heading = ''] = text.split('\n', 1)
    return text
      .split(/^### /m)
      .slice(1)
      .map((entry) => ({ heading, entry }))
  })
  const reasonIn = (entry: string) => entry.split('\n', 1)[0]!
  const told = entries.map(({ heading, entry }) => [reasonIn(entry), CLASS_OF_HEADING[heading]])
  assert.equal(Object.fromEntries(told), REASON_CLASS)
  const short = entries.filter(({ entry }) => matches(entry, /([.:])(?=\s)/g).length < 2)
  assert.equal(short, [], 'entries of less than two sentences')
})

docs('the classes of reasons in docs/api.md are those of the code', () => {
  const lists = /^- (Done|At work|A person must act)\b[^:]*:([^]*?)(?=^- |\n\n)/gm
  const told = Array.from(read('docs/api.md').matchAll(lists), ([, name, text]) => [
    name,
    unique(matches(text!, /`(\w+)`/g).filter(isReason)),
  ])
  const of = (...classes: readonly ReasonClass[]) =>
    unique(Object.entries(REASON_CLASS).flatMap(([reason, one]) => (classes.includes(one) ? [reason] : [])))
  assert.equal(Object.fromEntries(told), {
    Done: of('done', 'neither'),
    'At work': of('working'),
    'A person must act': of('person'),
  })
})

type Definition = {
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}
type Schema = { readonly properties: Readonly<Record<string, Schema>> }

for (const path of repositoryFiles(/^crds\/.*\.yaml$/)) {
  const { names, versions } = (parse(read(path)) as Definition).spec
  docs(`the tables of docs/api.md have every field of a ${names.kind}, and no other`, () => {
    const section = read('docs/api.md').split(`\n## ${names.kind}\n`)[1]!.split(/^##/m)[0]!
    const named = matches(section, /^\| ([^|]+) \|/gm).flatMap((cell) => matches(cell, /`(\w+)/g))
    const { spec, status } = versions[0]!.schema.openAPIV3Schema.properties
    const fields = [spec, status].flatMap((part) => Object.keys(part!.properties))
    assert.equal(unique(named), unique(['spec', 'status', ...fields]))
  })
}

docs('every relative link leads to a file and a heading that exist', () => {
  const broken = DOCUMENTS.flatMap((path) =>
    linksOf(read(path))
      .filter((link) => !leadsSomewhere(path, link))
      .map((link) => `${path}: ${link}`),
  )
  assert.equal(broken, [])
})

docs('every page is in the index', () => {
  const linked = new Set(linksOf(read('docs/README.md')).map((link) => posix.join('docs', link.split('#')[0]!)))
  const pages = DOCUMENTS.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
  assert.equal(
    pages.filter((path) => !linked.has(path)),
    [],
  )
})

docs('the README can be read at one go', () => {
  const lines = read('README.md').split('\n').length
  assert.ok(lines <= 150, String(lines))
})

/** What users read. Contributors' commands are in files of their own. */
const PAGES = DOCUMENTS.filter((path) => path === 'README.md' || path.startsWith('docs/'))

docs('every block of code says what it is, and why its commands are not run where they are not', () => {
  const wrong = PAGES.flatMap((path) =>
    blocksIn(read(path))
      .filter(({ language, note }) => language === '' || !/^(?:norun: .{10,})?$/.test(note))
      .map(({ language, note, text }) => `${path}: ${language} ${note}: ${text}`),
  )
  assert.equal(wrong, [])
  const unseen = PAGES.filter((path) => /^[ \t]+```sh/m.test(read(path)))
  assert.equal(unseen, [], 'commands that are indented, which nobody looks at')
})

docs('every page with commands is followed by a test', () => {
  const tests = repositoryFiles(/^test\/e2e\/.*\.test\.ts$/)
    .map(read)
    .filter((source) => source.includes('/documents/'))
  const followed = tests.flatMap((source) => matches(source, /'((?:docs\/)?[\w-]+\.md)'/g))
  const has = (path: string, isOne: (block: Block) => boolean) => blocksIn(read(path)).some(isOne)
  const commanding = PAGES.filter((path) => has(path, ({ language, note }) => language === 'sh' && note === ''))
  assert.equal(
    commanding.filter((path) => !followed.includes(path)),
    [],
  )
  assert.ok(followed.every((path) => has(path, (block) => stepsOf(block).length > 0)))
})

docs('every document that code refers to exists', () => {
  const missing = CODE.flatMap((path) =>
    matches(read(path), /\b(docs\/[\w/-]+\.md)\b/g)
      .filter((document) => !existsSync(join(ROOT, document)))
      .map((document) => `${path}: ${document}`),
  )
  assert.equal(missing, [])
})

docs('every npm command in a document exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const unknown = DOCUMENTS.flatMap((path) =>
    matches(read(path), /\bnpm run ([\w:-]+)/g)
      .filter((script) => scripts[script] === undefined)
      .map((script) => `${path}: npm run ${script}`),
  )
  assert.equal(unknown, [])
})

docs('every file of ours that a document names exists', () => {
  const named = /`((?:src|test|crds|deploy|charts|docs|\.ci)\/[\w./-]*)`/g
  const missing = DOCUMENTS.flatMap((path) =>
    matches(read(path), named)
      .filter((file) => !existsSync(join(ROOT, file)))
      .map((file) => `${path}: ${file}`),
  )
  assert.equal(missing, [])
})

docs('every variable of ours that a document names is read somewhere', () => {
  const ours = /\b(RAI_[A-Z][A-Z_]+)\b/g
  const known = new Set([
    ...Object.values<Setting>(SETTINGS).map(variable),
    ...CODE.flatMap((path) => matches(read(path), ours)),
  ])
  const unknown = DOCUMENTS.flatMap((path) =>
    matches(read(path), ours)
      .filter((name) => !known.has(name))
      .map((name) => `${path}: ${name}`),
  )
  assert.equal(unknown, [])
})

const CODE_BLOCK = /^```.*?^```/gms

/** Targets of links and images that are not addresses on the web. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(CODE_BLOCK, '').replaceAll(/`[^`\n]*`/g, '')
  return matches(prose, /\]\(([^)\s]+)\)/g).filter((target) => !/^[a-z]+:/.test(target))
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file, heading] = link.split('#')
  const path = file === '' ? from : posix.join(posix.dirname(from), file!)
  if (!existsSync(join(ROOT, path))) return false
  return heading === undefined || anchorsIn(read(path)).includes(heading)
}

/** The names under which the headings of a document can be linked to: a title that comes again is counted. */
function anchorsIn(markdown: string): string[] {
  const times = new Map<string, number>()
  return matches(markdown.replaceAll(CODE_BLOCK, ''), /^#+ (.+)$/gm).map((title) => {
    const anchor = anchorOf(title)
    const before = times.get(anchor) ?? 0
    times.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
}

/** … as code hosts make them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

docs.run()
