// Faults in when, and how often, a call takes effect and is answered.
import type { Timing } from './fault-kind.ts'
import { defineKind, SECONDS, STATUS_CODE, WHEN } from './fault-kind.ts'

export const STALL = defineKind<Timing>({
  about: 'never answers, until the client goes away',
  properties: { when: WHEN },
  async act({ when }, exchange, proceed) {
    const stall = () => exchange.gone().then(() => exchange.hangUp())
    await (when === 'after' ? proceed({ ...exchange, send: stall }) : stall())
  },
})

export const DELAY = defineKind<Timing & { readonly seconds: number }>({
  about: 'takes longer: before the effect, or between the effect and the answer',
  properties: { seconds: SECONDS, when: WHEN },
  required: ['seconds'],
  async act({ seconds, when }, exchange, proceed) {
    const pause = () => exchange.sleep(seconds * 1000)
    if (when === 'after') {
      return proceed({ ...exchange, send: (answer) => pause().then(() => exchange.send(answer)) })
    }
    await pause()
    await proceed(exchange)
  },
})

export const LATE = defineKind<{ readonly seconds: number; readonly answer?: 'hangUp' | number }>({
  about: 'closes the connection, or answers with a status, and takes effect only then, after so many seconds',
  properties: { seconds: SECONDS, answer: { anyOf: [{ const: 'hangUp' }, STATUS_CODE] } },
  required: ['seconds'],
  async act({ seconds, answer = 'hangUp' }, exchange, proceed) {
    if (answer === 'hangUp') exchange.hangUp()
    else await exchange.send({ status: answer })
    await exchange.sleep(seconds * 1000)
    await proceed({ ...exchange, send: async () => undefined, hangUp: () => undefined })
  },
})

export const TWICE = defineKind<{ readonly answer?: 'first' | 'second' }>({
  about: 'takes effect twice, and gives the first answer, or the second',
  properties: { answer: { enum: ['first', 'second'] } },
  async act({ answer }, exchange, proceed) {
    const perform = async () => {
      const [first, second] = [await exchange.perform(), await exchange.perform()]
      return answer === 'second' ? second : first
    }
    await proceed({ ...exchange, perform })
  },
})
