// Reads diagrams as mermaid's own parser does, which is what GitHub renders them with. Reads a JSON array of texts from standard
// input, and writes the array of what is wrong with each: `null`, or one line.
import { text } from 'node:stream/consumers'
import { parseHTML } from 'linkedom'

// Labels are cleaned by what wants a browser's window.
globalThis.window = parseHTML('<html><body></body></html>').window
const { default: mermaid } = await import('mermaid')

const errors = []
for (const diagram of JSON.parse(await text(process.stdin))) {
  const error = await mermaid.parse(diagram).then(
    () => null,
    (cause) => cause.message.replaceAll(/\s+/g, ' '),
  )
  errors.push(error)
}
process.stdout.write(JSON.stringify(errors))
