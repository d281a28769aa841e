// The first command of the README does what it says, from a cluster to a drained tenant, and leaves nothing running.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('quickstart')
const QUICKSTART = fileURLToPath(new URL('../stack/quickstart.ts', import.meta.url))

test('it shows two applications that are Ready, a token, and an empty control plane in the end', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [QUICKSTART, '--once'])
  for (const application of ['acme-web', 'acme-batch']) assert.match(stdout, new RegExp(`${application} +True +Ready`))
  assert.match(stdout, /client \S+ obtained a token/)
  assert.match(stdout, 'The control plane is empty again.')
  assert.is(stdout.trimEnd().split('\n').at(-1), '✓ all stopped')
})

test.run()
