// Alerts look at what there is, and each is tested and explained.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read } from '../repo/source-files.ts'
import { exposed, labelsOf, mistakeIn } from './exposed.ts'
import { alerts, expectations, RUNBOOK_PATH, runbookQueries } from './files.ts'
import { groupingsIn, selectorsIn } from './promql.ts'

const names = alerts().map(({ alert }) => alert)

/** What the runbook says under the heading of each alert. */
function sections(): Map<string, string> {
  const entries = read(RUNBOOK_PATH)
    .split(/^### /m)
    .slice(1)
    .map((entry): [string, string] => {
      const [text = ''] = entry.split(/^## /m)
      const end = text.indexOf('\n')
      return [text.slice(0, end), text.slice(end)]
    })
  return new Map(entries)
}

const test = suite('alerts')

test('every alert has a name of its own that begins with Rai', () => {
  assert.ok(names.length > 0)
  assert.is(new Set(names).size, names.length)
  assert.equal(
    names.filter((name) => !/^Rai[A-Z][A-Za-z]+$/.test(name)),
    [],
  )
})

test('every alert waits before it fires, has one of two severities, and says what is wrong', () => {
  for (const { alert, labels, annotations, ...rest } of alerts()) {
    assert.match(rest.for, /^\d+[mh]$/, alert)
    assert.equal(Object.keys(labels), ['severity'], alert)
    assert.ok(['critical', 'warning'].includes(labels['severity']!), alert)
    assert.equal(Object.keys(annotations), ['summary', 'description', 'runbook_url'], alert)
    assert.match(annotations['summary']!, /^[A-Z][^.{]+$/, alert)
    assert.match(annotations['description']!, /\.$/, alert)
  }
})

test('every series that an alert or its runbook looks for is one that the operator exposes', async () => {
  const all = await exposed()
  const expressions = [...alerts().map(({ expr }) => expr), ...runbookQueries()]
  const mistakes = expressions.flatMap(selectorsIn).map((selector) => mistakeIn(all, selector))
  assert.ok(mistakes.length > names.length)
  assert.equal(
    mistakes.filter((mistake) => mistake !== undefined),
    [],
  )
})

test('every label that an alert groups by or shows exists', async () => {
  const known = labelsOf(await exposed())
  const grouped = alerts().flatMap(({ expr }) => groupingsIn(expr))
  const texts = alerts().flatMap(({ annotations }) => Object.values(annotations))
  const shown = Array.from(texts.join().matchAll(/\$labels\.(\w+)/g), ([, label]) => label!)
  const used = [...grouped, ...shown]
  assert.ok(used.includes('kind'))
  assert.equal(
    used.filter((label) => !known.has(label)),
    [],
  )
})

test('names that other programs use, too, are looked for beside rai_build_info only', () => {
  for (const { alert, expr } of alerts()) {
    const metrics = selectorsIn(expr).map(({ metric }) => metric)
    if (metrics.some((metric) => !metric.startsWith('rai_'))) assert.ok(metrics.includes('rai_build_info'), alert)
  }
})

test('each alert has a test in which it fires, but not a moment before, and one in which it never does', () => {
  const tested = (verb: string, isExpected: (counts: readonly number[]) => boolean) => {
    const named = expectations().filter(({ name }) => name.split(' ')[1] === verb)
    for (const { name, expected } of named) {
      assert.equal(new Set(expected.map(({ alertname }) => alertname)), new Set([name.split(' ')[0]]), name)
      assert.ok(isExpected(expected.map(({ exp_alerts }) => exp_alerts.length)), name)
    }
    return new Set(named.map(({ name }) => name.split(' ')[0]))
  }
  assert.equal(
    tested('fires', ([before, after = 0]) => before === 0 && after > 0),
    new Set(names),
  )
  assert.equal(
    tested('is', (counts) => counts.every((count) => count === 0)),
    new Set(names),
  )
})

test('each alert has its section in the runbook, each section its alert, and the link leads from one to the other', () => {
  assert.equal([...sections().keys()], names)
  for (const { alert, annotations } of alerts()) {
    assert.is(annotations['runbook_url'], `${RUNBOOK_PATH}#${alert.toLowerCase()}`)
  }
})

test('each section says what it means, what users notice, where to look by which command, and what to do', () => {
  for (const [alert, text] of sections()) {
    const parts = Array.from(text.matchAll(/^\*\*([^*]+):\*\*/gm), ([, title]) => title)
    assert.equal(parts, ['Meaning', 'Users notice', 'Look', 'Do'], alert)
    const look = text.slice(text.indexOf('**Look:**'), text.indexOf('**Do:**'))
    assert.match(look, /^```(?:console|promql)$/m, alert)
  }
})

test.run()
