// Prints how many reconciles that find nothing to do a second of CPU is enough for: `node looks-per-second.ts RESOURCES`.
import { restingOperator } from '../doubles/resting-operator.ts'

const ENOUGH = 50_000

const operator = await restingOperator(Number(process.argv[2]))
let looks = 0
// What is slow for the first time only has been at the start.
const before = process.cpuUsage()
while (looks < ENOUGH) looks += await operator.lookAtAll()
const { user, system } = process.cpuUsage(before)
await operator.stop()
process.stdout.write(`${Math.round(looks / ((user + system) / 1e6))}\n`)
