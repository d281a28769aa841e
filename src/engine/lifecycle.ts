// Starting and stopping: in order, and in reverse.
import type { Logger } from '../log.ts'

/** A part of the process that runs from {@link start} until {@link stop}. */
export type Component = {
  readonly name: string
  /** Resolves once what comes later may rely on it. A failure ends the start of the whole. */
  start(signal: AbortSignal): Promise<void>
  /** Resolves once nothing of it is left running. Called at most once, and only after a start that was begun. */
  stop(): Promise<void>
}

/** Components in the order in which they depend on each other. */
export class Lifecycle {
  readonly #begun: Component[] = []
  readonly #components: readonly Component[]
  readonly #logger: Logger

  constructor(components: readonly Component[], logger: Logger) {
    this.#components = components
    this.#logger = logger
  }

  /** Starts one after the other. When one fails, or `signal` aborts, throws; what has begun is left to {@link stop}. */
  async start(signal: AbortSignal): Promise<void> {
    for (const component of this.#components) {
      signal.throwIfAborted()
      this.#begun.push(component)
      await component.start(signal)
      this.#logger.debug({ component: component.name }, 'started')
    }
  }

  /** Stops what has begun, last first. One that fails to stop is logged and does not keep the others from it. */
  async stop(): Promise<void> {
    for (let component = this.#begun.pop(); component; component = this.#begun.pop()) {
      try {
        await component.stop()
        this.#logger.debug({ component: component.name }, 'stopped')
      } catch (error) {
        this.#logger.error({ component: component.name, err: error }, 'could not be stopped cleanly')
      }
    }
  }
}
