// Says what is being waited for, so that nobody wonders.

export type Say = (line: string) => void

/** A wait shorter than this is not worth a word. */
const FIRST_WORD_MS = 2_000
const NEXT_WORD_MS = 5_000

/** The result of `work`; says `title` once it is there, and meanwhile, from two seconds on, that it is being waited for. */
export async function untilDone<T>(title: string, work: Promise<T>, say: Say): Promise<T> {
  const startedAt = performance.now()
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(0)
  const word = () => {
    say(`  … ${title} (${seconds()} s)`)
    timer = setTimeout(word, NEXT_WORD_MS)
  }
  let timer = setTimeout(word, FIRST_WORD_MS)
  try {
    const result = await work
    say(`✓ ${title}`)
    return result
  } finally {
    clearTimeout(timer)
  }
}
