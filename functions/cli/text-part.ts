/** A proposal for a part that replay cannot judge, as people read it at a terminal: the stamp first. */
import { partInWords } from '#core/review/any-proposal.ts'
import type { PartChange, PartProposal } from '#schemas/part-proposal.ts'
import type { TuningProposal } from '#schemas/proposal.ts'

/** Values that are listed one by one. */
const MOST_SHOWN = 12

export function partLines(proposal: PartProposal, status: TuningProposal['status']): string[] {
  const { tuning_proposal_id: id, change, target, risk_class, release_path, certification } = proposal
  return [
    `proposal ${id}`,
    `verdict  ${certification.toUpperCase()}: nobody measured what it does; people decide on what they read`,
    `change   ${target.intent} (${risk_class}): ${partInWords(change)}`,
    ...diffLines(change),
    `why      ${proposal.rationale}`,
    `from     ${proposal.producer}; ${proposal.owner} answers for it`,
    `way back ${proposal.baseline_tuple}, the whole tuple`,
    `roles    ${release_path.requires_reviewers.join(', ')}, each another person`,
    `status   ${status.replace('_', ' ')}`,
  ]
}

function diffLines(change: PartChange): string[] {
  if (change.part === 'pack') return []
  const { diff, edits, was, from } = change
  const suites =
    change.part === 'evaluators'
      ? [
          `         beside each other in the quarter until ${change.rebaseline.date}: ${change.rebaseline.flipped_runs} of ${change.rebaseline.runs} runs flip`,
        ]
      : []
  if (diff === null)
    return [
      was === null
        ? `         ${from} was never imported: no comparison`
        : '         no JSON: the page of the review compares them',
      ...suites,
    ]
  return [
    ...diff
      .slice(0, MOST_SHOWN)
      .map(({ path, from: old, to }) => `         ${path}: ${old ?? '(none)'} -> ${to ?? '(none)'}`),
    ...(edits! > MOST_SHOWN ? [`         ... ${edits} values in all (--json, and the page of the review)`] : []),
    ...suites,
  ]
}
