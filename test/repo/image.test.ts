// What the tests run is run as the image runs it.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NODE_ENV, NODE_FLAGS } from '../stack/operator.ts'

const test = suite('image')
const dockerfile = await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8')
const finalStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))

test('the operator of the tests has the flags of the image', () => {
  const [, command] = /^ENTRYPOINT (.*)$/m.exec(finalStage) ?? []
  assert.equal(JSON.parse(command!), ['/nodejs/bin/node', ...NODE_FLAGS, '/app/dist/rai-operator.js'])
})

test('the operator of the tests has the environment of the image', () => {
  const set = Array.from(finalStage.matchAll(/^ENV (\w+)=(.*)$/gm), ([, name, value]) => [name, value])
  assert.equal(Object.fromEntries(set), NODE_ENV)
})

test('no signal opens a debugger in it', () => assert.ok(NODE_FLAGS.includes('--disable-sigusr1')))

/** What writes down what is in memory, or lets somebody look at it. */
const REVEALING = /^--(?:inspect|heapsnapshot|heap-prof|cpu-prof|prof|report|trace|diagnostic-dir|abort-on-uncaught)/

test('no flag has it write its memory, a profile or a report, nor listen to a debugger', () => {
  const flags = [...NODE_FLAGS, ...(finalStage.match(/--[\w-]+/g) ?? [])]
  assert.equal(
    flags.filter((flag) => REVEALING.test(flag)),
    [],
  )
  assert.not.match(finalStage, 'NODE_OPTIONS')
})

test.run()
