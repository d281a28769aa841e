// `node test/trials/soak.ts [MINUTES]`: half an hour of changes and faults, after which the operator must hold as much as before.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Soak } from './soak/soak.ts'
import { failuresOf, tableOf } from './soak/told.ts'

const minutes = Number(process.argv[2] ?? 30)
if (!(minutes > 0)) throw new Error('MINUTES is a number above 0')

const say = (line: string) => process.stdout.write(`${line}\n`)

const soak = await Soak.begin(say)
try {
  const figures = await soak.run(minutes)
  const failures = failuresOf(figures)
  const path = join(soak.directory, 'soak.json')
  await writeFile(path, `${JSON.stringify({ ...figures, broken: failures }, undefined, 2)}\n`)
  say(`\n${tableOf(figures)}\n\n${path}`)
  for (const failure of failures) say(`broken: ${failure}`)
  say(failures.length === 0 ? `ok: ${minutes} minutes left nothing behind` : `FAILED: ${failures.length} broken`)
  if (failures.length > 0) process.exitCode = 1
} catch (error) {
  say(`FAILED: ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await soak.stop()
}
