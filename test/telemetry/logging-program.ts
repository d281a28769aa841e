// A program that logs as many lines as it is told to and ends in the middle of everything; bundled by a test.
import { systemClock } from '../../src/clock.ts'
import { createLogger } from '../../src/telemetry/logger.ts'

const [format, count] = process.argv.slice(2)
const logger = await createLogger({
  level: 'info',
  format: format === 'pretty' ? 'pretty' : 'json',
  clock: systemClock,
})
for (let left = Number(count); left > 1; left--) logger.info({ left }, 'a line')
logger.info({}, 'the last line')
process.exit(3)
