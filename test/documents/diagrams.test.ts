// Every diagram of the documents renders.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read, repositoryFiles } from '../repo/source-files.ts'
import { askTool } from '../tools/tools.ts'
import { blocksIn } from './blocks.ts'

const test = suite('documents: diagrams')

/** What mermaid says of each text: nothing, or what is wrong with it. */
async function errorsOf(diagrams: readonly string[]): Promise<readonly (string | null)[]> {
  return (await askTool('mermaid', [], diagrams)) as readonly (string | null)[]
}

test('mermaid can read each of them', async () => {
  const diagrams = repositoryFiles(/\.md$/).flatMap((path) =>
    blocksIn(read(path)).flatMap(({ language, heading, text }) =>
      language === 'mermaid' ? [{ where: `${path}, ${heading}`, text }] : [],
    ),
  )
  const errors = await errorsOf(diagrams.map(({ text }) => text))
  assert.ok(diagrams.length > 0)
  const wrong = diagrams.flatMap(({ where }, index) => (errors[index] === null ? [] : [`${where}: ${errors[index]}`]))
  assert.equal(wrong, [])
})

test('and it says what it cannot read', async () => {
  const [good, bad] = await errorsOf(['flowchart LR\n  a["x"] --> b\n', 'flowchart LR\n  a["x" --> b\n'])
  assert.is(good, null)
  assert.match(bad ?? '', /^Parse error on line \d/)
})

test.run()
