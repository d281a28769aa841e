// Prints how many bytes of heap an operator at rest takes for each resource: `node --expose-gc heap-growth.ts FEW MANY`.
import { restingOperator } from '../doubles/resting-operator.ts'

declare const gc: () => void

async function heapOf(resources: number): Promise<number> {
  const operator = await restingOperator(resources)
  // The second one takes what the finalizers of the first let go.
  gc()
  gc()
  const { heapUsed } = process.memoryUsage()
  await operator.stop()
  return heapUsed
}

const [few = 0, many = 0] = process.argv.slice(2).map(Number)
// What is made once, and code as it is compiled, is in the first one already.
await heapOf(few)
const [small, large] = [await heapOf(few), await heapOf(many)]
process.stdout.write(`${Math.round((large - small) / (many - few))}\n`)
