// What the Dockerfile makes, read from it: no engine is needed to know what is in the image and how it is run.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export type Copy = { readonly from: 'context' | 'build'; readonly sources: readonly string[]; readonly to: string }

export type Stage = {
  readonly text: string
  readonly copies: readonly Copy[]
  readonly env: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly user: string | undefined
}

/** Its stages in order: the one that builds, and the one that is kept. */
export function readStages(): readonly Stage[] {
  const [, ...stages] = readFileSync(`${ROOT}Dockerfile`, 'utf8').split(/^(?=FROM )/m)
  return stages.map((text) => ({
    text,
    copies: Array.from(text.matchAll(/^COPY (--from=build )?(.*) (\S+)$/gm), ([, from, sources, to]) => ({
      from: from === undefined ? 'context' : 'build',
      sources: sources!.split(' '),
      to: to!,
    })),
    env: Object.fromEntries(Array.from(text.matchAll(/^ENV (\w+)=(.*)$/gm), ([, name, value]) => [name, value])),
    entrypoint: JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? '[]') as string[],
    user: /^USER (\S+)$/m.exec(text)?.[1],
  }))
}
