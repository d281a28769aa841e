// What is shared is the memory, never the meaning.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SharedTexts } from '../../src/kube/shared-texts.ts'

const test = suite('shared texts')

const RESOURCE = {
  kind: 'a',
  spec: { scopes: ['one', 'two', 'one'], none: null, is: true, count: 3, nested: [{ text: 'one' }, []] },
}

test('what a resource says stays the same, however often and among how many others it comes', () => {
  const texts = new SharedTexts()
  for (let i = 0; i < 10_000; i++) {
    const resource = { ...structuredClone(RESOURCE), id: `id-${i}` }
    texts.share(resource)
    assert.equal(resource, { ...RESOURCE, id: `id-${i}` })
  }
})

test.run()
