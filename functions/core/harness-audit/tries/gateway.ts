/** Controls 8 and 16: every change goes through the one function that bounds it, and no budget grows beyond its bounds. */
import type { DoneFacts } from '../../done/facts.ts'
import type { Attempt } from '../../done/probe.ts'
import { attempt, type Tried } from '../tried.ts'
import { DEFENCES } from './defences.ts'

const GATEWAY = 'a change reaches a setting by its typed surface alone'
const BUDGET = 'what a context may hold is bounded'

/** Control 16: settings without a surface, values outside, wrong types; and each candidate of the run is put through once more. */
export function gateway({ run: facts, count }: DoneFacts, { boundedChange } = DEFENCES): Tried {
  if (!facts) return { is: GATEWAY, cannot: 'no run of this intent has ended' }
  const { run, candidates, files } = facts
  const { pack, target } = run
  const paths = pack.tunable_surfaces.map(({ path }) => path)
  const tried = (patch: Record<string, string | number | boolean>) => {
    const answer = boundedChange({ patch }, pack, target.intent ?? '', Object.keys(pack.settings), count)
    return 'problems' in answer ? (answer.problems[0] ?? null) : null
  }
  const closed = Object.entries(pack.settings).filter(([path]) => !paths.includes(path))
  const own = candidates.map(({ candidate_id, patch }) => {
    const again = Object.fromEntries(Object.entries(patch).map(([path, { to, when }]) => [path, { to, when }]))
    const answer = boundedChange({ patch: again }, pack, target.intent ?? '', target.search_space ?? [], count)
    return { candidate_id, problem: 'problems' in answer ? answer.problems[0]! : null }
  })
  const past = own.filter(({ problem }) => problem !== null)
  return {
    is: `${GATEWAY}: ${candidates.length} candidates of the run were put through again`,
    attempts: [
      ...closed.map(([path, value]) =>
        attempt(
          `a change of ${path}, which no surface opens`,
          tried({ [path]: typeof value === 'number' ? value + 1 : `${value} ` }),
        ),
      ),
      ...paths.map((path) =>
        attempt(`${path} set to a value of another type`, tried({ [path]: typeof pack.settings[path] !== 'boolean' })),
      ),
      ...past.map(({ candidate_id, problem }) => attempt(`candidate ${candidate_id} of the run: ${problem}`, null)),
    ],
    evidence: [files['target.json']!, files['candidates.jsonl']!],
  }
}

/** Control 8: every budget and depth, one step above the most that its surface allows. */
export function budgets({ run: facts, count }: DoneFacts, { boundedChange } = DEFENCES): Tried {
  if (!facts) return { is: BUDGET, cannot: 'no run of this intent has ended' }
  const { pack, target } = facts.run
  const refused = (path: string, intents: readonly string[], to: number) => {
    const intent = intents.includes(target.intent ?? '') ? target.intent! : intents[0]!
    const answer = boundedChange({ patch: { [path]: to } }, pack, intent, [path], count)
    return 'problems' in answer ? (answer.problems[0] ?? null) : null
  }
  const attempts = pack.tunable_surfaces.flatMap((surface): Attempt[] => {
    const { path, bounds, intents } = surface
    if (surface.layer !== 'context_budget' && surface.layer !== 'retrieval') return []
    if (!('max' in bounds) || bounds.max === undefined) return []
    const to = bounds.max + ('step' in bounds ? bounds.step : 1)
    return [attempt(`${path} at ${to}, above its bound`, refused(path, intents, to))]
  })
  return attempts.length === 0
    ? { is: BUDGET, cannot: `${pack.pack} opens no budget and no depth, so none could be tried: ${target.intent}` }
    : {
        is: `${BUDGET}: ${attempts.length} surfaces`,
        attempts,
        evidence: [facts.files['target.json']!, facts.files['replay-results.jsonl']!],
      }
}
