// What a process has taken so far, as Linux tells it.
import { readFile } from 'node:fs/promises'
import { Failure } from '../../src/errors.ts'

export type Cost = {
  /** Resident memory now, and the most there was, in MB (10⁶ bytes). */
  readonly megabytes: number
  readonly peakMegabytes: number
  /** Of all cores together, user and system. */
  readonly cpuSeconds: number
}

/** `getconf CLK_TCK`, which is the same on every Linux. */
const TICKS_PER_SECOND = 100
const BYTES_PER_KILOBYTE = 1_024

/** Throws `UnsupportedPlatform` where there is no /proc, and `ProgramFailed` when the process has ended. */
export async function costOf(pid: number): Promise<Cost> {
  if (process.platform !== 'linux') {
    throw new Failure(
      'UnsupportedPlatform',
      'stall',
      'memory and CPU of a process are read from /proc: run this on Linux',
    )
  }
  const [status, stat] = await Promise.all([read(pid, 'status'), read(pid, 'stat')])
  // The name in parentheses may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    megabytes: kilobytes(status, 'VmRSS') * (BYTES_PER_KILOBYTE / 1e6),
    peakMegabytes: kilobytes(status, 'VmHWM') * (BYTES_PER_KILOBYTE / 1e6),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  }
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1])
}

async function read(pid: number, name: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${name}`, 'utf8')
  } catch (cause) {
    throw new Failure('ProgramFailed', 'stall', 'an operator ended while it was measured', { cause })
  }
}
