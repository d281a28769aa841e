// The benchmark's command line.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { readOptions, tooLarge } from './options.ts'

const options = suite('options')

const read = (...argv: string[]) => readOptions(argv, ['fleet', 'rest'], 'go-sources')

function refusal(...argv: string[]): string {
  try {
    read(...argv)
  } catch (error) {
    if (error instanceof Failure) return error.message
    throw error
  }
  return 'none'
}

options('without flags everything is measured five times, beside the Go operator', () => {
  const { runs, only, goSources, scale, isQuick } = read()
  assert.equal({ runs, only, goSources, isQuick }, { runs: 5, only: [], goSources: 'go-sources', isQuick: false })
  assert.equal(scale.sizes, [100, 1_000, 5_000, 10_000, 20_000])
})

options('quick is small and once', () => {
  const { runs, scale, isQuick } = read('--quick')
  assert.ok(isQuick && runs === 1 && scale.most < 100)
})

options('sizes beyond the largest are left out', () => {
  const { sizes, many, most } = read('--largest', '1500').scale
  assert.equal({ sizes, many, most }, { sizes: [100, 1_000], many: 1_000, most: 1_000 })
})

options('rows are chosen by name, ours alone on request', () => {
  assert.equal(read('--only', 'rest', '--only', 'fleet').only, ['rest', 'fleet'])
  assert.is(read('--no-go').goSources, undefined)
  assert.is(read('--go', 'elsewhere').goSources, 'elsewhere')
})

options('what is not understood is refused in one line', () => {
  const cases: readonly (readonly [string[], string])[] = [
    [['--only', 'nothing'], 'no row is called nothing, there are fleet, rest'],
    [['--runs', '0'], '--runs takes a whole number from 1, not 0'],
    [['--runs', 'x'], '--runs takes a whole number from 1, not x'],
    [['--largest', '5'], '--largest takes 100 or more'],
    [['--nothing'], '--nothing'],
  ]
  for (const [argv, message] of cases) {
    assert.match(refusal(...argv), message)
    assert.not.match(refusal(...argv), '\n')
  }
})

options('sizes beyond the memory of the machine are told in one line', () => {
  assert.is(tooLarge(20_000, 2, 16e9), undefined)
  assert.is(
    tooLarge(20_000, 2, 4e9),
    '20000 resources for 2 operators take 7.0 GB of memory and 4.0 GB are free: give --largest',
  )
})

options.run()
