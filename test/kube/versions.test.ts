// Resource versions: which one is newer.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareVersions } from '../../src/kube/versions.ts'

const test = suite('kube/versions')

const ROWS: readonly (readonly [older: string, newer: string])[] = [
  ['0', '1'],
  ['9', '10'],
  ['99', '100'],
  ['123', '124'],
  ['9007199254740993', '9007199254740994'],
  ['18446744073709551614', '18446744073709551615'],
]

for (const [older, newer] of ROWS) {
  test(`${older} is older than ${newer}`, () => {
    assert.ok(compareVersions(older, newer) < 0)
    assert.ok(compareVersions(newer, older) > 0)
    assert.is(compareVersions(older, older), 0)
  })
}

test.run()
