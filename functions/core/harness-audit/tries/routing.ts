/** Controls 17 and 34: the class of a risk closes what it must, and whatever is wrong is served by the baseline. */
import { RISK_CLASSES } from '#schemas/stages.ts'
import type { DoneFacts } from '../../done/facts.ts'
import { stopRollout } from '../../release/rollout.ts'
import { attempt, type Tried } from '../tried.ts'
import { DEFENCES } from './defences.ts'

const RISK = 'every intent has a class of risk, and a rollout is bound by it'
const FALLBACK = 'whoever cannot be placed, and everyone after a stop, has the baseline'
const SUBJECTS = Array.from({ length: 1000 }, (_, i) => `subject-${i}`)

/** Control 17. */
export function riskClass({ run, rollout: found }: DoneFacts, { routingOf } = DEFENCES): Tried {
  if (!run || !found) return { is: RISK, cannot: 'no rollout was started, so no class bound one' }
  const { rollout, artifact } = found
  const declared = run.run.pack.intents.find(({ intent_id }) => intent_id === rollout.intent)?.risk_class
  const { stages } = rollout.config
  const open = { ...stages['5%_low_risk'], cohort: { ...stages['5%_low_risk'].cohort, share: 0.05, where: null } }
  const widest = { ...rollout.config, stages: { ...stages, '5%_low_risk': open } }
  const atRisk = RISK_CLASSES.slice(RISK_CLASSES.indexOf('local_write') + 1)
  return {
    is: `${RISK}: ${rollout.intent} is ${rollout.risk_class}`,
    attempts: [
      attempt(
        'the rollout under a milder class than the pack declares',
        declared === rollout.risk_class ? `it carries ${declared}, as the pack has it` : null,
      ),
      ...atRisk.map((risk_class) => {
        const routing = routingOf({ ...rollout, status: 'running', stage: '5%_low_risk', risk_class, config: widest })
        const share = routing.cohorts.find(({ stage }) => stage === '5%_low_risk')?.share
        return attempt(
          `an intent of class ${risk_class} that widens to a cohort nobody named as low risk`,
          share === 0 ? 'nobody is added there' : null,
        )
      }),
    ],
    evidence: [artifact, run.files['target.json']!],
  }
}

/** Control 34: a stop in the last stage, a subject without an id, one of another intent. */
export function fallback({ run, rollout: found }: DoneFacts, { assignArm, routingOf } = DEFENCES): Tried {
  if (!run || !found) return { is: FALLBACK, cannot: 'no rollout was started, so nothing is served yet' }
  const { rollout, artifact } = found
  const { intent } = rollout
  const last = { ...rollout, status: 'running' as const, stage: '100%' as const }
  const stopped = stopRollout(last, { by: 'the audit', reason: 'tried on a copy', at: rollout.entered_at })
  const after = 'next' in stopped ? routingOf(stopped.next) : null
  const wide = routingOf(last)
  const candidates = after ? SUBJECTS.filter((id) => assignArm(after, { id, intent }).arm !== 'baseline').length : null
  const served = (id: string, of: string) => {
    const { arm, because } = assignArm(wide, { id, intent: of })
    return arm === 'baseline' ? because : null
  }
  return {
    is: FALLBACK,
    attempts: [
      attempt(
        'a stop in the last stage',
        candidates === 0 ? `all of ${SUBJECTS.length} subjects have ${rollout.baseline.release_tuple_id}` : null,
      ),
      attempt('a subject without an id, in the last stage', served('', intent)),
      attempt('a subject of another intent, in the last stage', served('subject-1', `${intent}.other`)),
    ],
    evidence: [artifact],
  }
}
