// The dashboard can be imported anywhere, and shows what there is.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read } from '../repo/source-files.ts'
import { exposed, familyOf, mistakeIn } from './exposed.ts'
import { alerts, dashboard, queries } from './files.ts'
import { selectorsIn } from './promql.ts'

const { panels, templating } = dashboard()
const COLUMNS = 24
const CHOSEN = [
  ['namespace', '$namespace'],
  ['instance', '$instance'],
]

const test = suite('dashboard')

test('it has an address of its own and no id of some database', () => {
  const { uid, id, schemaVersion } = dashboard()
  assert.equal([uid, id], ['rai-operator', undefined])
  assert.ok(schemaVersion >= 39, 'of Grafana 11')
})

test('it asks the data source that a person chooses', () => {
  assert.is(templating.list.find(({ name }) => name === 'datasource')?.type, 'datasource')
  const asking = [
    ...panels.filter(({ type }) => type !== 'row'),
    ...templating.list.filter(({ type }) => type === 'query'),
  ]
  for (const { datasource } of asking) assert.equal(datasource, { type: 'prometheus', uid: '${datasource}' })
})

test('panels have ids of their own, lie in the grid and do not overlap', () => {
  assert.is(new Set(panels.map(({ id }) => id)).size, panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    assert.ok(x >= 0 && x + w <= COLUMNS)
    return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`)
  })
  assert.is(new Set(cells).size, cells.length)
})

test('every panel but a row has a title, says what it shows, and names its series', () => {
  for (const { title, description, targets = [] } of panels.filter(({ type }) => type !== 'row')) {
    assert.match(title, /^[A-Z]/)
    assert.match(description ?? '', /\.$/, title)
    assert.ok(targets.length > 0, title)
    for (const { legendFormat } of targets) assert.match(legendFormat, /./, title)
  }
})

test('every series that it asks for is one that the operator exposes', async () => {
  const all = await exposed()
  const mistakes = queries().flatMap(({ expr }) => selectorsIn(expr).map((selector) => mistakeIn(all, selector)))
  assert.ok(mistakes.length > 0)
  assert.equal(
    mistakes.filter((mistake) => mistake !== undefined),
    [],
  )
})

test('every query is of the chosen replicas, which are those of the operator', () => {
  for (const { title, expr } of queries()) {
    for (const { matchers } of selectorsIn(expr)) {
      const chosen = matchers.filter(({ value }) => value.startsWith('$')).map(({ label, value }) => [label, value])
      assert.equal(chosen, CHOSEN, title)
    }
  }
  const [, ...variables] = templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query))
  for (const query of variables) assert.match(query, /^label_values\(rai_build_info\b/)
})

test('each metric of ours is in an alert, in a panel, or told to be for looking things up', async () => {
  const all = await exposed()
  const ours = [...all.keys()].filter((name) => !/^(?:process|nodejs)_/.test(name))
  const asked = [...alerts(), ...queries()].flatMap(({ expr }) => selectorsIn(expr))
  const shown = new Set(asked.map(({ metric }) => familyOf(all, metric)!.name))
  assert.equal(
    ours.filter((name) => !shown.has(name)).toSorted(),
    leftOut()
      .filter((name) => !name.endsWith('_'))
      .toSorted(),
  )
})

/** What docs/metrics.md says that alerts and the dashboard leave out. */
function leftOut(): string[] {
  const [, section = ''] =
    /^## What alerts and the dashboard leave out\n([^]*?)^## /m.exec(read('docs/metrics.md')) ?? []
  return Array.from(section.matchAll(/`(\w+)\*?`/g), ([, name]) => name!)
}

test.run()
