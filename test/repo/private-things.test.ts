// What is committed works anywhere and tells nothing of the machine it was written on.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read, repositoryFiles } from './source-files.ts'

const PRIVATE: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a folder of somebody's machine", /(?<![\w.~$}{)-])\/(?:home|Users|root|work|workspaces?|builds)\/[\w.-]+/],
  ['a drive of a Windows machine', /(?<!\w)[A-Z]:\\+\w+/],
  ['a host that only one network knows', /\b[a-z0-9-]+\.(?:internal|intranet|corp|lan|home\.arpa)\b/],
  ['an address that only one network knows', /\b(?:192\.168|172\.(?:1[6-9]|2\d|3[01])|10\.\d+)\.\d+\.\d+\b/],
]

/** This file holds examples of what it looks for; licences and lock files are other people's words; what is packed is no words at all. */
const EXEMPT = /^(?:test\/repo\/private-things\.test\.ts|LICENSE|package-lock\.json|.*go\.sum|.*\.tgz)$/

function findings(text: string): string[] {
  return PRIVATE.flatMap(([what, pattern]) => {
    const found = pattern.exec(text)?.[0]
    return found === undefined ? [] : [`${what}: ${found}`]
  })
}

const privateThings = suite('private things')

privateThings('no file names a place that exists on one machine or network only', () => {
  const files = repositoryFiles().filter((path) => !EXEMPT.test(path))
  assert.equal(
    files.flatMap((path) => findings(read(path)).map((finding) => `${path}: ${finding}`)),
    [],
  )
})

privateThings('the test itself sees what is wrong, and nothing else', () => {
  const wrong = ['"/home/ann/x"', ' /Users/ann', 'C:\\\\temp', 'npm.corp', 'http://192.168.1.2', '10.1.2.3']
  for (const text of wrong) assert.is(findings(text).length, 1, text)
  for (const text of ['/etc/x', 'https://e.example/home/ann', '127.0.0.1', 'x.svc.cluster.local', '192.0.2.1']) {
    assert.equal(findings(text), [])
  }
})

privateThings.run()
