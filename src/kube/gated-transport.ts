// A transport whose writes pass the gate.
import type { Gate } from '../engine/gate.ts'
import type { Transport } from './transport.ts'

/**
 * `transport`, but that no request other than a GET is sent while the gate is shut: it fails with what the gate throws,
 * a dry run too. One that is under way when the gate shuts goes on.
 */
export function gated(transport: Transport, gate: Pick<Gate, 'check'>): Transport {
  return {
    host: transport.host,
    async request(method, path, options, signal) {
      if (method !== 'GET') gate.check()
      return transport.request(method, path, options, signal)
    },
    lines: (...watch) => transport.lines(...watch),
    close: () => transport.close(),
  }
}
