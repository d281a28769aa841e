// The picture of cost against size.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { plot } from './plot.ts'

const plots = suite('plot')

const curve = {
  title: 'memory',
  unit: 'MB',
  points: {
    ours: [
      [100, 50],
      [0, 40],
    ],
    go: [[0, 80]],
  },
} as const

plots('each side that was measured is a line in the order of sizes, each measurement a point', () => {
  const svg = plot([curve])
  assert.is(svg.match(/stroke-width="2"/g)?.length, 2)
  assert.is(svg.match(/<circle /g)?.length, 3)
  // 0 resources and 40 of 100 MB; 100 resources, which is the right end, and 50 MB.
  assert.match(svg, 'd="M64 146.4L404 128"')
  assert.not.match(plot([{ ...curve, points: { ...curve.points, go: [] } }]), 'Go operator')
})

plots('both axes begin at 0 and end at a round number', () => {
  const svg = plot([curve])
  for (const label of ['>0</text>', '>25</text>', '>100</text>']) assert.match(svg, label)
})

plots('several curves stand beside and below each other', () => {
  const svg = plot([curve, curve, curve])
  assert.is(svg.match(/<g transform="translate\(24 24\)">/g)?.length, 1)
  assert.is(svg.match(/<g transform="translate\(468 24\)">/g)?.length, 1)
  assert.is(svg.match(/<g transform="translate\(24 308\)">/g)?.length, 1)
})

plots('what XML would read as its own is escaped', () => {
  assert.match(plot([{ ...curve, title: 'a < b & c' }]), 'a &lt; b &amp; c')
})

plots('nothing measured is an empty picture', () => {
  assert.match(plot([]), /^<svg [^>]*>\n<rect [^>]*>\n<\/svg>\n$/)
  assert.match(plot([{ ...curve, points: { ours: [], go: [] } }]), 'memory, MB')
})

plots.run()
