// Another life over many resources that have not changed.
import type { Row } from '../bench.ts'

export const restart: Row = {
  name: 'restart',
  title: 'start over many unchanged resources',
  async measure({ populations, scale: { many } }) {
    const { startSeconds, calls, writes } = await populations.at(many)
    return {
      figures: [
        {
          what: `start with ${many} until its caches are filled and it works`,
          unit: 's',
          samples: startSeconds,
          goal: { ratio: 1.5 },
        },
        { what: 'calls of the control plane from then on', unit: '', samples: calls, goal: { atMost: 0 } },
        {
          what: 'writes to Kubernetes from then on, without the Lease',
          unit: '',
          samples: writes,
          goal: { atMost: 0 },
        },
      ],
    }
  },
}
