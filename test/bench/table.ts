// Figures as a table for people, in Markdown, so that it can be pasted into a document.
import type { Figure, Goal, RowResult } from './figures.ts'
import { ratioOf, valueOf, verdictOf } from './figures.ts'

const HEADINGS = ['what', 'ours', 'Go', 'ratio', 'goal', '']

/** One line for each figure, under the row that it is of; medians, with the least and the most where there are several. */
export function tableOf(results: readonly RowResult[], isJudged: boolean): string {
  const lines = results.flatMap(({ row, title, figures }) => [
    [`**${row}**: ${title}`, '', '', '', '', ''],
    ...figures.map((figure) => cellsOf(figure, isJudged)),
  ])
  const widths = HEADINGS.map((heading, i) => Math.max(...[heading, ...lines.map((line) => line[i]!)].map(lengthOf)))
  const write = (cells: readonly string[]) => `| ${cells.map((cell, i) => pad(cell, widths[i]!, i)).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (isNumber(i) ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  return [write(HEADINGS), rule, ...lines.map(write)].join('\n')
}

function cellsOf(figure: Figure, isJudged: boolean): string[] {
  const ratio = ratioOf(figure)
  const verdict = verdictOf(figure)
  return [
    figure.what,
    told(figure, 'ours'),
    told(figure, 'go'),
    ratio === undefined ? '' : rounded(ratio),
    figure.goal ? goalOf(figure.goal, figure.unit) : '',
    isJudged && verdict !== 'open' ? verdict : '',
  ]
}

function told(figure: Figure, side: 'ours' | 'go'): string {
  const value = valueOf(figure, side)
  if (value === undefined) return ''
  const all = figure.samples[side]
  const [least, most] = [rounded(Math.min(...all)), rounded(Math.max(...all))]
  const spread = least === most ? '' : ` (${least} to ${most})`
  return `${withUnit(value, figure.unit)}${spread}`
}

function goalOf(goal: Goal, unit: string): string {
  if ('atMost' in goal) return `≤ ${withUnit(goal.atMost, unit)}`
  if ('atLeast' in goal) return `≥ ${withUnit(goal.atLeast, unit)}`
  return `≤ ${rounded(goal.ratio)} × Go`
}

function withUnit(value: number, unit: string): string {
  return unit === '' ? rounded(value) : `${rounded(value)} ${unit}`
}

/** Three digits that count, and never a power of ten. */
export function rounded(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return Number(value.toFixed(Math.min(digits, 6))).toString()
}

function isNumber(column: number): boolean {
  return column >= 1 && column <= 3
}

function lengthOf(text: string): number {
  return Array.from(text).length
}

function pad(text: string, width: number, column: number): string {
  const space = ' '.repeat(width - lengthOf(text))
  return isNumber(column) ? space + text : text + space
}
