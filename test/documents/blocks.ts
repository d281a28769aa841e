// The code blocks of a document, and what becomes of each: run by a test, shown with what it prints, or neither.

export type Block = {
  /** `sh`: commands. `console`: what a terminal shows. Everything else is data. */
  readonly language: string
  /** What the fence says after the language, such as `norun: needs nodes`. */
  readonly note: string
  /** The nearest heading above it; empty before the first. */
  readonly heading: string
  readonly text: string
}

/** A command, and what the page says that it prints; `undefined` where it says nothing. */
export type Step = { readonly command: string; readonly shown: string | undefined }

const HEADING_OR_BLOCK = /^#+ (?<heading>.+)$|^```(?<language>\w*)(?: (?<note>.+))?\n(?<text>[^]*?)^```$/gm

/** All code blocks, in their order. */
export function blocksIn(markdown: string): Block[] {
  const blocks: Block[] = []
  let heading = ''
  for (const { groups } of markdown.matchAll(HEADING_OR_BLOCK)) {
    const { language = '', note = '', text } = groups!
    if (text === undefined) heading = groups!.heading!
    else blocks.push({ language, note, heading, text })
  }
  return blocks
}

/** What a reader types, step by step; nothing for a block that is not to be run. */
export function stepsOf({ language, note, text }: Block): Step[] {
  if (note !== '') return []
  if (language === 'sh') return [{ command: text, shown: undefined }]
  if (language !== 'console') return []
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((entry) => {
      const [command] = /^(?:.*\\\n)*.*/.exec(entry)!
      return { command, shown: entry.slice(command.length + 1) }
    })
}

/** Whether a command printed what the page shows: `…` stands for anything on a line, and ages and spaces do not count. */
export function isAsShown(shown: string, printed: string): boolean {
  const words = (text: string) =>
    text
      .trim()
      .replaceAll(/\b\d+[smh]\b/g, '…')
      .replaceAll(/[ \t]+/g, ' ')
      .replaceAll(/ ?\n ?/g, '\n')
  const pattern = words(shown)
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
    .join('.*?')
  return new RegExp(`^${pattern}$`).test(words(printed))
}
