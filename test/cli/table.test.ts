// Tables and trees as they stand on a terminal, and in a pipe.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { table, tree } from '../../src/cli/table.ts'

const test = suite('cli/table')

test('columns are aligned, and no line ends in a space', () => {
  const rows = [
    ['a', 'long', ''],
    ['longer', '', 'x'],
  ]
  assert.is(table(rows, false), 'a       long\nlonger        x\n')
})

test('a colour is no part of the width, and there is none in a pipe', () => {
  const rows = [
    [{ text: 'ok', tone: 'good' } as const, 'x'],
    ['FAILED', 'y'],
  ]
  assert.is(table(rows, true), '\u001b[32mok\u001b[0m      x\nFAILED  y\n')
  assert.is(table(rows, false), 'ok      x\nFAILED  y\n')
})

test('what is plain or empty gets no colour', () => {
  const rows = [[{ text: '', tone: 'bad' } as const, { text: 'a', tone: 'plain' } as const]]
  assert.is(table(rows, true), '  a\n')
})

test('no text commands the terminal, or forges a line', () => {
  const evil = 'a\u001b[2Jb\nc\u202ed'
  assert.is(table([[evil]], true), 'a?[2Jb?c?d\n')
  assert.is(tree([], [{ cells: ['x'], notes: [evil] }], false), '\nx\n   a?[2Jb?c?d\n')
})

test('a tree shows what hangs below what, with the columns of all lines aligned', () => {
  const text = tree(
    ['NAME', 'AGE'],
    [
      {
        cells: ['root', '1s'],
        notes: ['why it is so'],
        children: [
          { cells: ['first', '2s'], notes: ['another'], children: [{ cells: ['leaf', '3s'] }] },
          { cells: ['last', '4s'], children: [{ cells: ['leaf', '5s'] }] },
        ],
      },
      { cells: ['alone', '6s'] },
    ],
    false,
  )
  assert.equal(text.split('\n'), [
    'NAME        AGE',
    'root        1s',
    '│  why it is so',
    '├─ first    2s',
    '│  │  another',
    '│  └─ leaf  3s',
    '└─ last     4s',
    '   └─ leaf  5s',
    'alone       6s',
    '',
  ])
})

test('columns before a tree are blank beside what hangs below, unless that has its own', () => {
  const text = tree(
    ['NAMESPACE', 'NAME'],
    [
      {
        before: ['a'],
        cells: ['root'],
        notes: ['note'],
        children: [{ cells: ['leaf'] }, { before: ['b'], cells: ['leaf'] }],
      },
    ],
    false,
  )
  assert.equal(text.split('\n'), [
    'NAMESPACE  NAME',
    'a          root',
    '           │  note',
    '           ├─ leaf',
    'b          └─ leaf',
    '',
  ])
})

test.run()
