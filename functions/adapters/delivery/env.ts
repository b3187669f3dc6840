/** Routing as an environment file: what is in force by name, and the document for `assignArm`, in base64 because no two readers of such files agree on quotes. */
import { canonical } from '#core/canonical.ts'
import type { Form } from './form.ts'

export const env: Form = {
  is: 'environment file',
  ending: 'env',
  textOf(routing) {
    const { rollout_id, revision, intent, baseline, candidate, period } = routing
    const values = {
      ROLLOUT: rollout_id,
      REVISION: revision,
      INTENT: intent,
      BASELINE: baseline,
      CANDIDATE: candidate,
      PERIOD: period ?? 'none',
      ROUTING_BASE64: Buffer.from(canonical(routing)).toString('base64'),
    }
    return Object.entries(values)
      .map(([name, value]) => `AUTOTUNE_${name}=${value}\n`)
      .join('')
  },
}
