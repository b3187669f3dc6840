/** Control 27: who looks at the way that a run took: what it had, what it used, what it touched, and how much it took for that. */
import type { Evaluator } from '#schemas/suite.ts'
import type { DoneFacts } from '../../done/facts.ts'
import { attempt, type Tried } from '../tried.ts'
import type { ReplayFacts } from './recorded.ts'

const IS = 'evaluators look at the way of every replayed case, not at its end alone'

/** Aspects of the rubric, and the built-in checks that look at each. */
const ASPECTS: Readonly<Record<string, readonly Evaluator['check'][]>> = {
  coverage: ['required_evidence', 'gold_coverage'],
  precision: ['grounded_arguments', 'known_provenance', 'decision_diff'],
  'resource scope': ['allowed_tools', 'allowed_sources', 'approval_honoured', 'confirmed_before_write'],
  minimality: ['cost_cents', 'context_diff'],
}

export function trajectory({ run: facts }: DoneFacts, replays: ReplayFacts | null): Tried {
  if (!facts || replays === null || replays.replayed === 0)
    return { is: IS, cannot: 'no case was replayed, so no way was looked at' }
  const { judged, replayed } = replays
  const { evaluators } = facts.run.evaluator_suite
  const looking = Object.entries(ASPECTS).map(([aspect, checks]) => ({
    aspect,
    by: evaluators.filter(({ check }) => checks.includes(check)).map(({ evaluator_id }) => evaluator_id),
  }))
  const blind = looking.filter(({ by }) => by.length === 0).map(({ aspect }) => aspect)
  return {
    is: `${IS}: ${replayed} replays`,
    attempts: looking
      .filter(({ by }) => by.length > 0)
      .map(({ aspect, by }) => {
        const left = by.filter((id) => (judged.get(id) ?? 0) === 0)
        return attempt(
          `a replay whose ${aspect} nobody looked at`,
          left.length === 0 ? `${by.join(', ')} looked at ${Math.min(...by.map((id) => judged.get(id)!))}` : null,
        )
      }),
    evidence: [facts.files['replay-results.jsonl']!, facts.files['target.json']!],
    short: blind.length === 0 ? null : `no evaluator of the suite looks at ${blind.join(' nor at ')}`,
  }
}
