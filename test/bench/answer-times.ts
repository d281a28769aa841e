// Loaded into the operator by `--import`: notes when each of its requests was under way, for what a change has to wait for.
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** Names the file; one JSON line for each request that has ended: begin and end in milliseconds since the epoch. */
export const ANSWERS_VARIABLE = 'BENCH_ANSWERS'

type Published = { readonly request: object & { readonly path?: string } }

const file = process.env[ANSWERS_VARIABLE]
const begunAt = new WeakMap<object, number>()
const now = () => performance.timeOrigin + performance.now()
const begin = (message: unknown) => void begunAt.set((message as Published).request, now())

function end(message: unknown): void {
  const { request } = message as Published
  const at = begunAt.get(request)
  // A watch is nothing that anybody waits for.
  if (at === undefined || file === undefined || request.path?.includes('watch=true')) return
  appendFileSync(file, `${JSON.stringify([at, now()])}\n`)
}

subscribe('http.client.request.start', begin)
subscribe('http.client.response.finish', end)
