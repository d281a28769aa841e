// The data of a Secret between base64 and plain values.
import { Redacted } from '../redacted.ts'

/** As the API server takes it. */
export function encodedData(data: Readonly<Record<string, Redacted>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value.reveal()).toString('base64')]),
  )
}

/** Plain values by key; what is not UTF-8 is left out. */
export function decodedData(data: Readonly<Record<string, string>>): Record<string, Redacted> {
  const texts = Object.entries(data).map(([key, value]) => [key, textIn(value)] as const)
  return Object.fromEntries(texts.filter((entry): entry is [string, Redacted] => entry[1] !== undefined))
}

/** What {@link decodedData} leaves out, as it stands. */
export function undecodedData(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => textIn(value) === undefined))
}

function textIn(base64: string): Redacted | undefined {
  try {
    return new Redacted(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64')),
    )
  } catch {
    return undefined
  }
}
