// What a label selector selects.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { selects } from '../../src/domain/label-selector.ts'
import type { Labels, LabelSelector } from '../../src/domain/label-selector.ts'

const test = suite('label selector')

const LABELS: Labels = { team: 'a', stage: 'production', 'example.com/empty': '' }

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number]
const one = (requirement: Requirement): LabelSelector => ({ matchExpressions: [requirement] })

const rows: [title: string, selector: LabelSelector, selected: boolean][] = [
  ['nothing', {}, true],
  ['nothing, at length', { matchLabels: {}, matchExpressions: [] }, true],
  ['a label with its value', { matchLabels: { team: 'a' } }, true],
  ['a label with another value', { matchLabels: { team: 'b' } }, false],
  ['a label that is not there', { matchLabels: { colour: 'blue' } }, false],
  ['an empty value', { matchLabels: { 'example.com/empty': '' } }, true],
  ['an empty value of a label that is not there', { matchLabels: { colour: '' } }, false],
  ['two labels', { matchLabels: { team: 'a', stage: 'production' } }, true],
  ['two labels of which one differs', { matchLabels: { team: 'a', stage: 'test' } }, false],
  ['one of some values', one({ key: 'team', operator: 'In', values: ['b', 'a'] }), true],
  ['one of other values', one({ key: 'team', operator: 'In', values: ['b', 'c'] }), false],
  ['one of some values, of a label that is not there', one({ key: 'x', operator: 'In', values: [''] }), false],
  ['none of some values', one({ key: 'team', operator: 'NotIn', values: ['b'] }), true],
  ['none of some values, of which it has one', one({ key: 'team', operator: 'NotIn', values: ['a', 'b'] }), false],
  ['none of some values, of a label that is not there', one({ key: 'x', operator: 'NotIn', values: ['a'] }), true],
  ['that a label is there', one({ key: 'team', operator: 'Exists' }), true],
  ['that an empty label is there', one({ key: 'example.com/empty', operator: 'Exists' }), true],
  ['that a label is there, which is not', one({ key: 'x', operator: 'Exists' }), false],
  ['that a label is not there', one({ key: 'x', operator: 'DoesNotExist' }), true],
  ['that a label is not there, which is', one({ key: 'team', operator: 'DoesNotExist' }), false],
  ['a key that every object inherits', one({ key: 'toString', operator: 'Exists' }), false],
  [
    'labels and expressions that are all met',
    { matchLabels: { team: 'a' }, ...one({ key: 'stage', operator: 'Exists' }) },
    true,
  ],
  [
    'labels that are met beside an expression that is not',
    { matchLabels: { team: 'a' }, ...one({ key: 'stage', operator: 'DoesNotExist' }) },
    false,
  ],
]

for (const [title, selector, selected] of rows) {
  test(`asking for ${title} ${selected ? 'selects' : 'does not select'}`, () => {
    assert.is(selects(selector, LABELS), selected)
  })
}

test.run()
