/** Hidden blast radius: more fields than may change at once, a change that turns every decision, and one of another intent's fields. */
import { resolveTarget } from '../../contract/resolve.ts'
import type { DoneFacts } from '../facts.ts'
import { type Attack, type Attempt, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

const OTHER = 'another.intent'

export function radius({ run: facts, count }: DoneFacts, { boundedChange, radiusBlock }: Defences): Attack {
  if (!facts) return noConfiguration
  const { run, files } = facts
  const { pack } = run
  const target = resolveTarget(run.target)
  const paths = pack.tunable_surfaces.map(({ path }) => path)
  const reach = { fields: 1, b_config: 0, b_context: 1, b_decision: 0, negative_flip_rate: 0, reachable_intents: 1 }
  const elsewhere = pack.tunable_surfaces.map((surface): Attempt => {
    const copy = { ...pack, tunable_surfaces: [{ ...surface, intents: [OTHER] }] }
    const patch = { [surface.path]: pack.settings[surface.path]! }
    const answer = boundedChange({ patch }, copy, target.intent, paths, count)
    return {
      tried: `a change of ${surface.path} where it is open to ${OTHER} alone`,
      stopped: 'problems' in answer ? (answer.problems.find((line) => line.includes(OTHER)) ?? null) : null,
    }
  })
  return {
    ...judged([
      { tried: 'a change that turns every decision', stopped: radiusBlock({ ...reach, b_decision: 1 }, target) },
      {
        tried: `a change of ${target.max_fields + 1} fields at once`,
        stopped: radiusBlock({ ...reach, fields: target.max_fields + 1 }, target),
      },
      ...elsewhere,
    ]),
    evidence: [files['target.json']!],
    repair: 'lower blast_radius.max_decision of the target: 1 lets a change turn every decision',
  }
}
