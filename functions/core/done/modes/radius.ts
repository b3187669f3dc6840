/** Hidden blast radius: a change of every field, one that changes every decision, and one of another intent's fields. */
import { resolveTarget } from '../../contract/resolve.ts'
import type { DoneFacts } from '../facts.ts'
import { type Attempt, type Finding, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

const OTHER = 'another.intent'

export function radius({ run: facts, count }: DoneFacts, { boundedChange, radiusBlock }: Defences): Finding {
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
      // With no more fields than may change at once, all of them are no wider than what is allowed.
      ...(target.search_space.length > 1
        ? [
            {
              tried: `a change of all ${target.search_space.length} fields of the search space`,
              stopped: radiusBlock({ ...reach, fields: target.search_space.length }, target),
            },
          ]
        : []),
      ...elsewhere,
    ]),
    evidence: [files['target.json']!],
    recompute: ['explain', run.run_id],
    repair:
      'lower blast_radius.max_fields and blast_radius.max_decision of the target, and name the intents of each surface',
  }
}
