// Wrong settings and a control plane that cannot be used: how the process itself answers.
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BUNDLE, startOperator } from '../stack/operator.ts'
import type { Flags, Operator } from '../stack/operator.ts'
import { lastWords, startProgram } from '../stack/program.ts'
import { eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'

const test = suite('settings')
let stack: Stack
let operators = 0

test.before(async () => {
  stack = await startStack('settings')
  await stack.operator.stop()
})

test.after(async () => {
  await stack.stop()
})

const wrong: [title: string, args: string[], line: RegExp][] = [
  ['an unknown flag', ['--colour=blue'], /colour/],
  ['a value of the wrong type', ['--workers=many'], /workers.*many.*whole number/],
  ['plain http to another machine', ['--control-plane-url=http://api.example/v0'], /control-plane-url.*https/],
  ['a file that is not there', ['--config=/nowhere.yaml'], /nowhere\.yaml/],
]

for (const [title, args, line] of wrong) {
  test(`${title}: exit 2 and one line that names it`, async () => {
    const logFile = join(stack.directory, 'wrong.log')
    const program = await startProgram([process.execPath, BUNDLE, ...args], { logFile })
    assert.equal(await program.exited, { code: 2, signal: null })
    assert.match(await lastWords(program), line)
  })
}

/** Runs an operator with settings on top of the stack's for as long as `look` needs. */
async function withOperator(flags: Flags, look: (operator: Operator) => Promise<void>, ready = true): Promise<void> {
  const logFile = join(stack.directory, `operator-${++operators}.log`)
  const operator = await startOperator({ flags: { ...stack.settings, ...flags }, logFile, ready })
  try {
    await look(operator)
  } finally {
    await operator.stop()
  }
}

async function reasonOf(name: string): Promise<{ reason: string; message: string } | undefined> {
  return (await stack.tenant(name))?.status.conditions?.find(({ type }) => type === 'Synced')
}

async function readyz(operator: Operator): Promise<{ status: number; body: string }> {
  const answer = await fetch(`${operator.healthUrl}/readyz`)
  return { status: answer.status, body: await answer.text() }
}

test('missing credentials: the process stays up, is not ready, says Unauthorized, and heals when they come', async () => {
  const directory = join(stack.directory, 'later')
  await withOperator(
    { 'credentials-dir': directory },
    async (operator) => {
      await stack.apply(tenant('waiting'))
      const told = await eventually('Unauthorized', async () => {
        const seen = await reasonOf('waiting')
        return seen?.reason === 'Unauthorized' && seen
      })
      assert.match(told.message, 'client_id')
      await eventually('not ready', async () => (await readyz(operator)).status === 503)
      await cp(String(stack.settings['credentials-dir']), directory, { recursive: true })
      await eventually('Ready', async () => (await reasonOf('waiting'))?.reason === 'Ready', 90_000)
      assert.is((await readyz(operator)).status, 200)
    },
    false,
  )
})

test('an unreadable key: Unauthorized names the file and never its content', async () => {
  const directory = join(stack.directory, 'broken')
  await cp(String(stack.settings['credentials-dir']), directory, { recursive: true })
  await writeFile(join(directory, 'private_key.pem'), 'CANARY-not-a-key')
  await withOperator(
    { 'credentials-dir': directory },
    async (operator) => {
      await stack.apply(tenant('unreadable'))
      const told = await eventually('Unauthorized', async () => {
        const seen = await reasonOf('unreadable')
        return seen?.reason === 'Unauthorized' && seen
      })
      assert.match(told.message, 'private_key.pem')
      assert.not.match(told.message, 'CANARY')
      assert.not.match(await readFile(operator.logFile, 'utf8'), 'CANARY')
    },
    false,
  )
  await rm(directory, { recursive: true })
})

test('refused credentials: Unauthorized, and the token endpoint is not hammered', async () => {
  const directory = join(stack.directory, 'refused')
  await cp(String(stack.settings['credentials-dir']), directory, { recursive: true })
  await writeFile(join(directory, 'client_id'), 'nobody')
  const before = (await stack.controlPlane.counts())['organizationToken'] ?? 0
  await withOperator(
    { 'credentials-dir': directory },
    async () => {
      await stack.apply(...Array.from({ length: 10 }, (_, i) => tenant(`refused${i}`)))
      await eventually('Unauthorized', async () => (await reasonOf('refused9'))?.reason === 'Unauthorized')
      const asked = ((await stack.controlPlane.counts())['organizationToken'] ?? 0) - before
      assert.ok(asked <= 2, `${asked} token requests for ten resources`)
    },
    false,
  )
})

test('an unreachable control plane: ready all the same, says so in the body and in status, and heals', async () => {
  const unreachable = 'http://127.0.0.1:9/v0'
  await withOperator({ 'control-plane-url': unreachable, organization: 'test' }, async (operator) => {
    await stack.apply(tenant('patient'))
    const told = await eventually('ControlPlaneUnavailable', async () => {
      const seen = await reasonOf('patient')
      return seen?.reason === 'ControlPlaneUnavailable' && seen
    })
    assert.not.match(told.message, '\n')
    assert.is((await readyz(operator)).status, 200)
  })
  await withOperator({ organization: 'test' }, async () => {
    await eventually('Ready', async () => (await reasonOf('patient'))?.reason === 'Ready')
  })
})

test.run()
