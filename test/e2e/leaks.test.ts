// What each stack is searched for in its end is found here where it is planted; and a process that dies tells no secret.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { application, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'

const test = suite('leaks')
let stack: Stack

test.before(async () => {
  stack = await startStack('leaks')
  await stack.apply(
    tenant('acme'),
    application('web', 'acme'),
    application('scan', 'acme', { auth: { type: 'RSA' } }),
    application('batch', 'acme', { auth: { type: 'ClientSecret' } }),
  )
  for (const name of ['web', 'scan', 'batch']) await told(stack, 'application', name, 'Ready')
})

test.after(async () => {
  await stack.stop()
})

test('an operator that has made credentials of each kind tells none of them', async () => {
  assert.equal(await stack.leaks(), [])
})

test('what is planted is found wherever an operator could have told it', async () => {
  const key = (await stack.secret('web'))!['private_key.pem']!.split('\n')[2]!
  const number = (JSON.parse((await stack.secret('scan'))!['private_key.jwk']!) as { d: string }).d
  const secret = (await stack.secret('batch'))!['client_secret']!
  const log = join(stack.directory, 'planted.log')
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'planted' },
    involvedObject: { kind: 'RaiTenant', namespace: stack.namespace, name: 'acme' },
    message: `obtained ${key}`,
  }
  const annotations = { planted: Buffer.from(`client:${secret}`).toString('base64') }

  await writeFile(log, `{"msg":"made"}\n${JSON.stringify({ secret })}\n`)
  await stack.apply(event)
  await stack.kubectl([
    'patch',
    'raitenant',
    'acme',
    '--type=merge',
    '-p',
    JSON.stringify({ metadata: { annotations } }),
  ])
  await stack.kubectl(['annotate', 'raiapp', 'web', `planted=${number.slice(50, 90)}`])
  await stack.kubectl(['label', 'secret', 'web', `planted=${number.slice(100, 140).replaceAll(/^[_-]|[_-]$/g, '0')}`])
  await stack.kubectlOfOperator(['annotate', 'lease', 'rai-operator', `planted=${key}`])

  const places = (await stack.leaks()).map((line) => / in (.*), line \d+$/.exec(line)?.[1])
  assert.equal(Array.from(new Set(places), String).toSorted(), [
    `Event ${stack.namespace}/planted`,
    `Lease ${stack.operatorNamespace}/rai-operator`,
    `RaiTenant ${stack.namespace}/acme`,
    `RaiTenantApplication ${stack.namespace}/web`,
    `Secret ${stack.namespace}/web`,
    'planted.log',
  ])

  await rm(log)
  await stack.kubectl(['delete', 'event', 'planted'])
  for (const object of ['raitenant/acme', 'raiapp/web']) await stack.kubectl(['annotate', object, 'planted-'])
  await stack.kubectl(['label', 'secret', 'web', 'planted-'])
  await stack.kubectlOfOperator(['annotate', 'lease', 'rai-operator', 'planted-'])
  assert.equal(await stack.leaks(), [])
})

/** Dies of an exception that nobody catches when it is told to. */
const MORTAL = "process.once('SIGUSR2', () => { throw new Error('planted') })"

test('one that dies of an exception tells no secret, nor does the report that Node writes of it when asked to', async () => {
  await stack.operator.stop()
  const dying = await stack.startOperator('dying', {
    nodeFlags: [
      `--import=data:text/javascript,${encodeURIComponent(MORTAL)}`,
      '--report-uncaught-exception',
      `--report-directory=${stack.directory}`,
      '--report-filename=report.json',
      // Whoever runs the tests may have secrets of their own there.
      '--report-exclude-env',
    ],
  })
  // Having made one, it has a token, a key and a proof behind it.
  await stack.apply(application('last', 'acme'))
  await told(stack, 'application', 'last', 'Ready')
  dying.kill('SIGUSR2')
  assert.is((await dying.exited).code, 1)
  assert.match(await readFile(dying.logFile, 'utf8'), 'Error: planted')
  assert.match(await readFile(join(stack.directory, 'report.json'), 'utf8'), '"message": "Error: planted"')
  assert.equal(await stack.leaks(), [])
})

test.run()
