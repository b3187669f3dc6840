/** Every form that routing is delivered in. A new one is its name in `schemas/forms.ts` and an entry here: exports, files, deployments and their tests follow. */
import { canonical } from '#core/canonical.ts'
import type { FormName } from '#schemas/forms.ts'
import type { Routing } from '#schemas/release.ts'
import { appConfigOf } from './appconfig-document.ts'
import { flagsOf } from './flagd.ts'

/** What a routing document is written as, for those who route by it. */
interface Form {
  /** What it is, for people. */
  readonly is: string
  /** How names of its files end. */
  readonly ending: string
  /** The whole file: the same bytes for the same document. Throws UserError for what this form cannot say. */
  readonly textOf: (routing: Routing) => string
}

export const FORMS: Readonly<Record<FormName, Form>> = {
  /** Routing as it is: the document that `assignArm` reads. */
  json: {
    is: 'routing document',
    ending: 'json',
    textOf: (routing) => `${canonical(routing)}\n`,
  },
  /** Routing as AWS AppConfig hosted configuration, to be created by whoever deploys it; a deployment with `appconfig` does so itself. */
  appconfig: {
    is: 'AppConfig hosted configuration',
    ending: 'appconfig.json',
    textOf: (routing) => `${canonical(appConfigOf(routing))}\n`,
  },
  flagd: {
    is: 'flagd flag document',
    ending: 'flagd.json',
    textOf: (routing) => `${canonical(flagsOf(routing))}\n`,
  },
  /** Routing as an environment file: what is in force by name, and the document for `assignArm`, in base64 because no two readers of such files agree on quotes. */
  env: {
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
  },
}
