// The page on security claims nothing that no test shows.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read, ROOT } from './source-files.ts'

const test = suite('security')
const page = read('docs/security.md')
const section = page.slice(page.indexOf('## Threats and what answers them'), page.indexOf('## What it may do'))
const claims = section.split('\n').filter((line) => /^\| (?!threat|-)/.test(line))

test('each answer to a threat names a test', () => {
  assert.ok(claims.length > 15, String(claims.length))
  for (const claim of claims) assert.match(claim, /`test\/[^`]+\.test\.ts`/)
})

test('every test that is named exists', () => {
  const named = Array.from(page.matchAll(/`(test\/[^`]+\.test\.ts)`/g), ([, path]) => path!)
  assert.equal(
    named.filter((path) => !existsSync(join(ROOT, path))),
    [],
  )
})

test.run()
