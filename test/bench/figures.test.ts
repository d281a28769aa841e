// Goals are judged by medians, ratios by pairs; what was not measured is not judged.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Goal, Samples, Verdict } from './figures.ts'
import { verdictOf } from './figures.ts'
import { rounded, tableOf } from './table.ts'

const figures = suite('figures')

const both = (ours: readonly number[], go: readonly number[] = []): Samples => ({ ours, go })

const VERDICTS: readonly (readonly [Samples, Goal | undefined, Verdict])[] = [
  [both([1, 2, 9]), { atMost: 2 }, 'met'],
  [both([1, 3, 9]), { atMost: 2 }, 'missed'],
  [both([1, 3, 9]), { atLeast: 3 }, 'met'],
  [both([1, 2, 9]), { atLeast: 3 }, 'missed'],
  [both([2, 4], [1, 2]), { ratio: 2 }, 'met'],
  [both([3, 4], [1, 1]), { ratio: 2 }, 'missed'],
  [both([3, 4]), { ratio: 2 }, 'open'],
  [both([3, 4], [0, 0]), { ratio: 2 }, 'open'],
  [both([], [1]), { atMost: 2 }, 'open'],
  [both([1]), undefined, 'open'],
]

for (const [samples, goal, verdict] of VERDICTS) {
  figures(`${JSON.stringify(samples)} against ${JSON.stringify(goal)} is ${verdict}`, () => {
    assert.is(verdictOf({ what: 'it', unit: 's', samples, ...(goal && { goal }) }), verdict)
  })
}

figures('numbers are told by three digits', () => {
  for (const [value, text] of [
    [0, '0'],
    [0.012345, '0.0123'],
    [1.005, '1'],
    [12.345, '12.3'],
    [123.45, '123'],
    [12_345.6, '12346'],
  ] as const) {
    assert.is(rounded(value), text)
  }
})

figures(
  'a table shows both sides, their spread, the ratio and the goal; its verdict only where times are judged',
  () => {
    const figure = { what: 'all Ready', unit: 's', samples: both([2, 4, 6], [2, 2, 2]), goal: { ratio: 1.5 } }
    const result = { row: 'fleet', title: 'many at once', figures: [figure] }
    const [heading, rule, row, line] = tableOf([result], true).split('\n')
    assert.match(heading!, /what +\| +ours \| +Go \| ratio \| goal +\|/)
    assert.match(rule!, /^\|-+\|-+:\|-+:\|-+:\|-+\|-+\|$/)
    assert.match(row!, /\*\*fleet\*\*: many at once/)
    assert.match(line!, /all Ready +\| 4 s \(2 to 6\) \| +2 s \| +2 \| ≤ 1.5 × Go \| missed/)
    assert.not.match(tableOf([result], false), /missed/)
  },
)

figures.run()
