// Test files that would pass without testing anything are found here: uvu does not complain of them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read, repositoryFiles } from './source-files.ts'

/** What is wrong with a test file's source. */
function problems(source: string): string[] {
  const suites = Array.from(source.matchAll(/^(?:export )?const (\w+) = suite(?:<[^=]*>)?\(/gm), ([, name]) => name!)
  if (/import \{[^}]*\btest\b[^}]*\} from 'uvu'/.test(source)) suites.push('test')
  return [
    ...(suites.length === 0 ? ['has no suite'] : []),
    ...suites
      .filter((name) => !new RegExp(`^${name}\\.run\\(\\)$`, 'm').test(source))
      .map((name) => `${name}: no run()`),
    ...suites
      .filter((name) => new RegExp(`\\b${name}\\.(?:only|skip)\\(`).test(source))
      .map((name) => `${name}: skips`),
    ...(/\bassert\.\w+/.test(source) ? [] : ['asserts nothing']),
  ]
}

const testFiles = suite('test files')

testFiles('every suite is run and whole, and every file asserts something', () => {
  const wrong = repositoryFiles(/^test\/.*\.test\.ts$/).flatMap((path) =>
    problems(read(path)).map((problem) => `${path}: ${problem}`),
  )
  assert.equal(wrong, [])
})

testFiles('tests have names that the runner finds', () => {
  const others = repositoryFiles(/^test\/.*\.ts$/).filter((path) => !path.endsWith('.test.ts'))
  const hidden = others.filter((path) => !path.includes('/fixtures/') && /^\w+\.run\(\)$/m.test(read(path)))
  assert.equal(hidden, [])
})

testFiles('the test itself sees what is wrong', () => {
  const at = (name: string): string => read(`test/repo/fixtures/${name}.ts`)
  assert.equal(problems(at('passes')), [])
  assert.equal(problems(at('without-run')), ['forgotten: no run()'])
  assert.equal(problems(at('skips')), ['lazy: skips'])
  assert.equal(problems(''), ['has no suite', 'asserts nothing'])
})

testFiles.run()
