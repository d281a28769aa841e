// What a request to one of the telemetry servers is answered with.

export type Answer = {
  readonly status: number
  readonly type: string
  readonly body: string
  /** Beside those that follow from the rest. */
  readonly headers?: Readonly<Record<string, string>>
}

/** One line of text. */
export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n`, headers }
}
