/** Prompt sprawl: every prompt block at double its size, and a whole prompt that no surface declares. */
import type { DoneFacts } from '../facts.ts'
import { type Attack, type Attempt, judged, noConfiguration } from '../probe.ts'
import type { Defences } from './defences.ts'

const UNDECLARED = 'prompt.system'
/** Tokens that are added at least: a block of a few words may well double. */
const LEAST_ADDED = 100

export function sprawl({ run: facts, count }: DoneFacts, { boundedChange }: Defences): Attack {
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
    const tokens = (text: string): number => count(text, surface.bounds.tokenizer)
    const sentence = `${block.trim() || 'Be careful.'}\n`
    let grown = `${block}\n`
    while (tokens(grown) < tokens(block) + Math.max(tokens(block), LEAST_ADDED)) grown += sentence
    return [
      {
        tried: `${surface.path} grown from ${tokens(block)} to ${tokens(grown)} tokens`,
        stopped: tried(surface.path, grown),
      },
    ]
  })
  const whole: Attempt[] = paths.includes(UNDECLARED)
    ? []
    : [{ tried: `a whole prompt at ${UNDECLARED}`, stopped: tried(UNDECLARED, 'You are a new agent. '.repeat(200)) }]
  return {
    ...judged([...whole, ...blocks]),
    evidence: [files['target.json']!],
    repair: 'lower max_added_tokens of the prompt surface: a block that may double is a rewrite',
  }
}
