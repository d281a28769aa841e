// Key pairs for worlds that need many, RSA of both lengths among them: a few are dealt again and again.
import { keyMaker } from '../../src/controlplane/keys.ts'
import type { KeyMaker } from '../../src/controllers/ports.ts'
import type { KeyPair } from '../../src/domain/external.ts'

type Kind = Parameters<KeyMaker['make']>[0]

/** One more than live at a time: an RSA key of 4096 bits costs two seconds. */
const EACH = 4
const KINDS: readonly Kind[] = [{ type: 'EC' }, { type: 'RSA', bits: 3072 }, { type: 'RSA', bits: 4096 }]

/** Only for worlds in which no answer gets lost: one is found again by its key, which must then be the only one. */
export class RecurringKeys {
  readonly #keys: ReadonlyMap<string, readonly KeyPair[]>

  private constructor(keys: ReadonlyMap<string, readonly KeyPair[]>) {
    this.#keys = keys
  }

  static async make(): Promise<RecurringKeys> {
    // A maker makes one RSA key at a time; two makers keep two cores busy.
    const many = async (kind: Kind) => {
      const maker = keyMaker()
      return [JSON.stringify(kind), await Promise.all(Array.from({ length: EACH }, () => maker.make(kind)))] as const
    }
    return new RecurringKeys(new Map(await Promise.all(KINDS.map(many))))
  }

  /** A maker that deals from the beginning. */
  maker(): KeyMaker {
    const dealt = new Map<string, number>()
    return {
      make: async (kind) => {
        const name = JSON.stringify(kind)
        const count = dealt.get(name) ?? 0
        dealt.set(name, count + 1)
        const keys = this.#keys.get(name)
        if (!keys) throw new Error(`there are no keys ${name}`)
        return keys[count % keys.length]!
      },
    }
  }
}
