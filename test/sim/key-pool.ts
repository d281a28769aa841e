// Key pairs made once for all simulations of a process: each world is dealt them in the same order.
import type { KeyMaker } from '../../src/controllers/ports.ts'
import { keyMaker } from '../../src/controlplane/keys.ts'
import type { KeyPair } from '../../src/domain/external.ts'

/** An RSA key costs a good part of a second. */
const RSA_KEYS = 4
const EC_KEYS = 64

export class KeyPool {
  readonly #ec: readonly KeyPair[]
  readonly #rsa: readonly KeyPair[]

  private constructor(ec: readonly KeyPair[], rsa: readonly KeyPair[]) {
    this.#ec = ec
    this.#rsa = rsa
  }

  /** `rsa`: whether RSA keys are wanted at all. */
  static async make({ rsa }: { readonly rsa: boolean }): Promise<KeyPool> {
    const maker = keyMaker()
    const many = (count: number, kind: Parameters<KeyMaker['make']>[0]) =>
      Promise.all(Array.from({ length: count }, () => maker.make(kind)))
    return new KeyPool(
      await many(EC_KEYS, { type: 'EC' }),
      rsa ? await many(RSA_KEYS, { type: 'RSA', bits: 3072 }) : [],
    )
  }

  /** A maker that deals from the beginning. A world that needs more keys than there are fails. */
  maker(): KeyMaker {
    return this.#maker((keys, dealt) => keys[dealt])
  }

  /** … and deals again and again, for worlds in which an application is long gone when its key comes back. */
  get endless(): { maker(): KeyMaker } {
    return { maker: () => this.#maker((keys, dealt) => keys[dealt % keys.length]) }
  }

  #maker(deal: (keys: readonly KeyPair[], dealt: number) => KeyPair | undefined): KeyMaker {
    const dealt = { EC: 0, RSA: 0 }
    return {
      make: async ({ type }) => {
        const key = deal(type === 'EC' ? this.#ec : this.#rsa, dealt[type]++)
        if (!key) throw new Error(`the pool has no more ${type} keys`)
        return key
      },
    }
  }
}
