// What is known of ids that are absent outside; in memory only, since losing it costs no more than a second look.
import { Sights } from './sights.ts'

/** In sight is that something is not there: `sinceMs` says for how long, `forget` that it is, or is settled to be gone. */
export class Absences extends Sights {
  /** Our own DELETE of `id` was answered 204: it has been absent for ever, which needs no proof. */
  deleted(id: string): void {
    this.noteForEver(id)
  }
}
