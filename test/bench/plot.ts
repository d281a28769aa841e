// Curves of cost against size as one SVG picture: text in, text out.
import type { Curve, SideName } from './figures.ts'
import { rounded } from './table.ts'

const [WIDTH, HEIGHT, GAP] = [420, 260, 24]
const MARGIN = { left: 64, right: 16, top: 36, bottom: 40 }
const [INNER_WIDTH, INNER_HEIGHT] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom]
const STEPS = 4
const SIDES: readonly (readonly [SideName, string, string])[] = [
  ['ours', 'ours', '#0b6e99'],
  ['go', 'Go operator', '#b5651d'],
]

/** The curves beside each other, two in a row; both axes begin at 0, so that a straight line is a constant cost. */
export function plot(curves: readonly Curve[]): string {
  const columns = Math.min(2, Math.max(1, curves.length))
  const rows = Math.ceil(curves.length / columns)
  const [width, height] = [columns * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + GAP]
  const panels = curves.map((curve, i) => {
    const [x, y] = [GAP + (i % columns) * (WIDTH + GAP), GAP + Math.floor(i / columns) * (HEIGHT + GAP)]
    return `<g transform="translate(${x} ${y})">\n${panel(curve)}\n</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n')
}

function panel({ title, unit, points }: Curve): string {
  const all = [...points.ours, ...points.go]
  const [mostX, mostY] = [ceiling(all.map(([x]) => x)), ceiling(all.map(([, y]) => y))]
  const atX = (x: number) => fixed(MARGIN.left + (x / mostX) * INNER_WIDTH)
  const atY = (y: number) => fixed(MARGIN.top + INNER_HEIGHT * (1 - y / mostY))
  const steps = Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS)
  const left = MARGIN.left - 6
  return [
    text(MARGIN.left, 16, `${title}, ${unit}`, 'start', 'font-weight="bold"'),
    ...steps.flatMap((step) => [
      `<path d="M${atX(0)} ${atY(step * mostY)}H${atX(mostX)}" stroke="#dddddd"/>`,
      text(left, Number(atY(step * mostY)) + 4, rounded(step * mostY), 'end'),
      text(Number(atX(step * mostX)), HEIGHT - MARGIN.bottom + 16, rounded(step * mostX), 'middle'),
    ]),
    text(MARGIN.left + INNER_WIDTH / 2, HEIGHT - 8, 'resources', 'middle'),
    ...SIDES.flatMap(([side, name, colour], i) => {
      const own = points[side].toSorted(([a], [b]) => a - b)
      if (own.length === 0) return []
      const circles = own.map(([x, y]) => `<circle cx="${atX(x)}" cy="${atY(y)}" r="3" fill="${colour}"/>`)
      const path = own.map(([x, y], j) => `${j === 0 ? 'M' : 'L'}${atX(x)} ${atY(y)}`).join('')
      return [
        `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        circles.join('\n'),
        text(WIDTH - MARGIN.right, 16 + i * 14, name, 'end', `fill="${colour}"`),
      ]
    }),
  ].join('\n')
}

function text(x: number, y: number, content: string, anchor: string, more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}"${more && ` ${more}`}>${escaped}</text>`
}

/** The next number above all of these that is one, two or five times a power of ten. */
function ceiling(values: readonly number[]): number {
  const most = Math.max(0, ...values)
  if (most === 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return power * [1, 2, 5, 10].find((factor) => factor * power >= most)!
}

function fixed(value: number): string {
  return Number(value.toFixed(1)).toString()
}
