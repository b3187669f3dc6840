/** Controls 7 and 11: what a proposal says stands in files of its run, and what contradicts itself is counted apart or refused. */
import type { DoneFacts } from '../../done/facts.ts'
import { boundedChange } from '../../space/validate.ts'
import { attempt, type Tried } from '../tried.ts'
import type { ReplayFacts } from './recorded.ts'

const GROUNDING = 'what a proposal says is computed from files of its run, by digest'
const CONTRADICTION =
  'labels that contradict each other count nowhere, and a change that misquotes its baseline is refused'

/** Control 7: every file that the proposal rests on; its numbers are those that are recomputed. */
export function grounding({ run: facts }: DoneFacts): Tried {
  if (!facts?.proposal) return { is: GROUNDING, cannot: 'the run proposes nothing, so nothing is claimed' }
  const { proposal, files, recomputed } = facts
  const from = Object.entries(proposal.computed_from).filter(([name]) => name in files)
  return {
    is: `${GROUNDING}: ${from.map(([name]) => name).join(', ')}`,
    attempts: [
      ...from.map(([name, digest]) =>
        attempt(
          `a proposal that rests on another ${name}`,
          files[name]?.digest === digest ? `its digest is ${digest.slice(0, 19)}, as it lies there` : null,
        ),
      ),
      attempt(
        'a proposal that the pinned inputs do not give',
        recomputed.holds === true ? 'recomputed, it is the same to the byte' : null,
      ),
    ],
    evidence: [files['selected-proposal.json']!, files['gate.json']!],
  }
}

/** Control 11: replays of cases whose label is disputed, and a change whose "from" is not what stands. */
export function contradiction({ run: facts, count }: DoneFacts, replays: ReplayFacts | null): Tried {
  const proposal = facts?.proposal
  if (!proposal || replays === null)
    return { is: CONTRADICTION, cannot: 'the run proposes nothing, so nothing could contradict it' }
  const { pack, target } = facts.run
  const [path, { from, to }] = Object.entries(proposal.candidate_change.patch)[0]!
  const misquoted = typeof from === 'number' ? from + 1 : `${from}?`
  const answer = boundedChange({ patch: { [path]: { from: misquoted, to } } }, pack, target.intent ?? '', [path], count)
  const { disputed, counted } = replays
  return {
    is: CONTRADICTION,
    attempts: [
      ...(disputed > 0
        ? [
            attempt(
              'a disputed label that counts all the same',
              counted === 0 ? `${disputed} replays of such cases have no verdict on it` : null,
            ),
          ]
        : []),
      attempt(
        `a change of ${path} from a value that it does not have`,
        'problems' in answer ? answer.problems.find((line) => line.includes(', not ')) : null,
      ),
    ],
    evidence: [facts.files['replay-results.jsonl']!, facts.files['selected-proposal.json']!],
  }
}
