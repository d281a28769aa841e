// What is read out of PromQL.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { groupingsIn, isMet, selectorsIn } from './promql.ts'

const test = suite('promql')

test('series are told from functions, keywords, labels and durations', () => {
  const expression = `
    histogram_quantile(0.9, sum by (le, kind) (rate(a_bucket{x="1",y=~"2|3"}[5m] offset 1d)))
      and ignoring (name) (b == 1) or absent_over_time(c[$__range]) unless time() - d{} > bool 5e3`
  assert.equal(
    selectorsIn(expression).map(({ metric }) => metric),
    ['a_bucket', 'b', 'c', 'd'],
  )
  assert.equal(selectorsIn(expression)[0]!.matchers, [
    { label: 'x', operator: '=', value: '1' },
    { label: 'y', operator: '=~', value: '2|3' },
  ])
  assert.equal(groupingsIn(expression), ['le', 'kind', 'name'])
})

test('matchers mean what they mean to Prometheus: expressions are anchored', () => {
  const is = (operator: string, value: string, actual: string) => isMet({ label: 'x', operator, value }, actual)
  assert.equal([is('=', 'a', 'a'), is('=', 'a', 'ab'), is('!=', 'a', 'b')], [true, false, true])
  assert.equal([is('=~', 'a|b', 'b'), is('=~', 'a', 'ab'), is('!~', '.+Token', 'aToken')], [true, false, false])
})

test.run()
