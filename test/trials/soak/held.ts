// What the operator's process holds, as the probe in it tells.
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { untilLogged } from '../../stack/program.ts'
import type { Program } from '../../stack/program.ts'
import type { Answers } from './probe.ts'

/**
 * Compiled code is part of the heap, and there is more of it the longer a process lives: what is called often enough gets some,
 * however seldom. That says nothing of what changes leave behind, which is what is measured.
 */
const INTERPRETED = ['--no-opt', '--no-maglev', '--no-sparkplug']

/** Flags of Node with which a process answers {@link Held}. Writes the probe into `directory`. */
export async function probing(directory: string): Promise<readonly string[]> {
  const source = await readFile(fileURLToPath(new URL('probe.ts', import.meta.url)), 'utf8')
  const path = join(directory, 'probe.mjs')
  // Node's own translation would need as much memory as a fifth of what is to be measured.
  await writeFile(path, (await transform(source, { loader: 'ts', format: 'esm' })).code)
  return ['--expose-gc', ...INTERPRETED, `--import=${pathToFileURL(path).href}`]
}

/** Answers one question at a time, over a connection that stays. */
export class Held {
  readonly #socket: Socket
  readonly #lines: AsyncIterator<string>
  #last: Promise<unknown> = Promise.resolve()

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#lines = createInterface(socket)[Symbol.asyncIterator]()
  }

  /** Connects to a program that was started with the flags of {@link probing}. */
  static async by(program: Program): Promise<Held> {
    const [, port] = await untilLogged(program, /"probe":\{[^}]*"port":(\d+)/)
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return new Held(socket)
  }

  /** Throws when the process has ended. */
  ask<Q extends keyof Answers>(question: Q): Promise<Answers[Q]> {
    const answer = this.#last.then(async () => {
      this.#socket.write(`${question}\n`)
      const line = await this.#lines.next()
      if (line.done) throw new Error('the operator has ended')
      return JSON.parse(line.value) as Answers[Q]
    })
    this.#last = answer.catch(() => undefined)
    return answer
  }

  close(): void {
    this.#socket.destroy()
  }
}
