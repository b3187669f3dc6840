/** Prompt sprawl: every prompt block written twice over, and a whole prompt that no surface declares. */
import type { DoneFacts } from '../facts.ts'
import { type Attempt, type Finding, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

const UNDECLARED = 'prompt.system'

export function sprawl({ run: facts, count }: DoneFacts, { boundedChange }: Defences): Finding {
  if (!facts) return noConfiguration
  const { run, files } = facts
  const { pack, target } = run
  const paths = pack.tunable_surfaces.map(({ path }) => path)
  const tried = (path: string, to: string): string | null => {
    const answer = boundedChange({ patch: { [path]: to } }, pack, target.intent ?? '', paths, count)
    return 'problems' in answer ? (answer.problems[0] ?? null) : null
  }
  const blocks = pack.tunable_surfaces.flatMap((surface): Attempt[] => {
    if (surface.layer !== 'prompt') return []
    const block = String(pack.settings[surface.path])
    return [{ tried: `${surface.path} written twice over`, stopped: tried(surface.path, `${block}\n${block}`) }]
  })
  const whole: Attempt[] = paths.includes(UNDECLARED)
    ? []
    : [{ tried: `a whole prompt at ${UNDECLARED}`, stopped: tried(UNDECLARED, 'You are a new agent. '.repeat(200)) }]
  return {
    ...judged([...whole, ...blocks]),
    evidence: [files['target.json']!],
    recompute: ['explain', run.run_id],
    repair: 'lower max_added_tokens of the prompt surface: a block that may double is a rewrite',
  }
}
