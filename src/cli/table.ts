// Text for terminals: columns that are aligned, trees, and colours where they are seen.
import { printable } from '../domain/parsing.ts'

/** What a text says of how things are. */
export type Tone = 'plain' | 'good' | 'pending' | 'bad' | 'faint'

/** One field of a table. Its text may be somebody else's: what is not printable is shown as `?`. */
export type Cell = string | { readonly text: string; readonly tone: Tone }

/** A line of a tree, and what hangs below it. `notes` are whole sentences, which no column holds. */
export type Branch = {
  /** Columns left of the tree itself. */
  readonly before?: readonly Cell[]
  readonly cells: readonly [name: Cell, ...others: Cell[]]
  readonly notes?: readonly string[]
  readonly children?: readonly Branch[]
}

type Line =
  | { readonly stem: string; readonly before: readonly Cell[]; readonly cells: readonly Cell[] }
  | { readonly stem: string; readonly before: readonly Cell[]; readonly note: string }

/** Source: ECMA-48, SGR. */
const CODES: Readonly<Record<Tone, number>> = { plain: 0, good: 32, pending: 33, bad: 31, faint: 2 }
const GAP = 2

/** Rows as lines whose columns are aligned; no line ends in a space. */
export function table(rows: readonly (readonly Cell[])[], isColoured: boolean): string {
  return lines(
    rows.map((cells) => ({ stem: '', before: [], cells })),
    isColoured,
  )
}

/** Trees below one another, the columns of all aligned, under a heading. */
export function tree(heading: readonly Cell[], roots: readonly Branch[], isColoured: boolean): string {
  const head: Line = { stem: '', before: [], cells: heading }
  return lines([head, ...roots.flatMap((root) => linesOf(root, '', ''))], isColoured)
}

function linesOf({ before = [], cells, notes = [], children = [] }: Branch, stem: string, below: string): Line[] {
  const blank = before.map(() => '')
  const beside = `${below}${children.length > 0 ? '│ ' : '  '} `
  return [
    { stem, before, cells },
    ...notes.map((note) => ({ stem: beside, before: blank, note })),
    ...children.flatMap((child, index) => {
      const isLast = index === children.length - 1
      return linesOf(
        { before: blank, ...child },
        `${below}${isLast ? '└─ ' : '├─ '}`,
        `${below}${isLast ? '   ' : '│  '}`,
      )
    }),
  ]
}

function lines(all: readonly Line[], isColoured: boolean): string {
  const widths: number[] = []
  const cellsOf = (line: Line): readonly Cell[] => [...line.before, ...('cells' in line ? line.cells : [])]
  for (const line of all) {
    for (const [index, cell] of cellsOf(line).entries()) {
      const stem = index === line.before.length ? line.stem.length : 0
      widths[index] = Math.max(widths[index] ?? 0, stem + textOf(cell).length)
    }
  }
  const aligned = (line: Line): string => {
    const fields = cellsOf(line).map((cell, index) => {
      const stem = index === line.before.length ? line.stem : ''
      const text = textOf(cell)
      return `${stem}${painted(text, toneOf(cell), isColoured)}${' '.repeat(widths[index]! - stem.length - text.length + GAP)}`
    })
    return `${fields.join('')}${'note' in line ? `${line.stem}${printable(line.note)}` : ''}`.trimEnd()
  }
  return all.map((line) => `${aligned(line)}\n`).join('')
}

function textOf(cell: Cell): string {
  return printable(typeof cell === 'string' ? cell : cell.text)
}

function toneOf(cell: Cell): Tone {
  return typeof cell === 'string' ? 'plain' : cell.tone
}

function painted(text: string, tone: Tone, isColoured: boolean): string {
  return isColoured && tone !== 'plain' && text !== '' ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text
}
