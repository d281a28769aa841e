// Which commands of a page are run, and when what they print is what the page shows.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { blocksIn, isAsShown, stepsOf } from './blocks.ts'

const PAGE = `# A page

\`\`\`sh
# not a heading
one
\`\`\`

## Later

\`\`\`console
$ two --a \\
    --b
what it prints

$ three
\`\`\`

\`\`\`sh norun: needs nodes
four
\`\`\`

\`\`\`yaml
five: 5
\`\`\`
`

const test = suite('documents: blocks')

test('each block has its language, its note and the heading above it', () => {
  assert.equal(
    blocksIn(PAGE).map(({ language, note, heading }) => [language, note, heading]),
    [
      ['sh', '', 'A page'],
      ['console', '', 'Later'],
      ['sh', 'norun: needs nodes', 'Later'],
      ['yaml', '', 'Later'],
    ],
  )
})

test('commands are run, and what is shown is what follows them; what says norun, and data, is not', () => {
  assert.equal(blocksIn(PAGE).flatMap(stepsOf), [
    { command: '# not a heading\none\n', shown: undefined },
    { command: 'two --a \\\n    --b', shown: 'what it prints\n\n' },
    { command: 'three', shown: '' },
  ])
})

const printed = 'NAME   READY  AGE\nacme   True   12s\n'

for (const [shown, isSo] of [
  ['NAME READY AGE\nacme True 5s', true],
  ['NAME …\nacme True …', true],
  ['NAME READY AGE\nacme False 5s', false],
  ['NAME READY AGE', false],
  ['NAME … 5s', false],
] as const) {
  test(`${JSON.stringify(shown)} is ${isSo ? '' : 'not '}what was printed`, () => {
    assert.is(isAsShown(shown, printed), isSo)
  })
}

test.run()
