/** What rules decided, and who else took part: controls that are seen in a run's candidates and in the records of its rollout. */
import { PROPOSERS } from '#schemas/proposers.ts'
import type { PromotionRecord, StageRow } from '#schemas/release.ts'
import { digestOf } from '../canonical.ts'
import type { DoneFacts, RunFacts } from '../done/facts.ts'
import type { Known } from './judge.ts'
import { atWork, noRun, WENT_ON } from './measures.ts'

/** Verdicts by which the machine lets more people have a candidate, or lets it stay. */
const FORWARD: ReadonlySet<PromotionRecord['verdict']> = new Set(['advanced', 'kept'])
const isAgainst = ({ kind, verdict }: StageRow): boolean =>
  verdict === 'bad' && (kind === 'floor' || kind === 'sequential' || kind === 'gate' || kind === 'data')

/** Control 12: what went on, in the search and in production, was let through by every declared rule; what was not names the rule. */
export function byRules({ run: facts, rollout: found }: DoneFacts): Known {
  if (!facts) return noRun
  const denied = facts.candidates.filter(({ fate }) => fate === 'search_guardrail')
  const known = (unverified?: string): Known => ({
    evidence: atWork([
      facts.files['candidates.jsonl']!,
      facts.files['target.json']!,
      ...(found ? [found.artifact] : []),
    ]),
    says: `limits and thresholds that are pinned decide, and each verdict names its rule: ${denied.length} candidates fell by one${found ? `, and ${found.rollout.records.length} steps of the rollout were decided by them` : ''}`,
    ...(unverified !== undefined && { unverified }),
  })
  const blocks = (one: (typeof facts.candidates)[number]) => one.guardrails.find(({ verdict }) => verdict === 'block')
  const through = facts.candidates.find((one) => WENT_ON.has(one.fate) && blocks(one))
  if (through) return known(`no: candidate ${through.candidate_id} went on against ${blocks(through)!.guardrail}`)
  const unnamed = denied.find((one) => !blocks(one))
  if (unnamed) return known(`no: candidate ${unnamed.candidate_id} fell by a limit, and no row says which`)
  if (!found) return known('unverified: no rollout was started, so no rule decided about production')
  const { config, records } = found.rollout
  const pinned = digestOf(config)
  const other = records.find(({ thresholds }) => thresholds !== pinned)
  if (other) return known(`no: step ${other.seq} of the rollout was decided under another configuration`)
  const against = records.find(({ verdict, reasons }) => FORWARD.has(verdict) && reasons.some(isAgainst))
  return known(against && `no: step ${against.seq} went forward against ${against.reasons.find(isAgainst)!.rule}`)
}

/** Origins of candidates that are this program's own, and ask no agent. */
const OWN: ReadonlySet<string> = new Set(['search', ...PROPOSERS])

/** Control 43: nobody but this program had a part in the run, or whoever did proposed and nothing else. */
export function otherAgents(facts: DoneFacts, proposing: Known): Known {
  const { run } = facts
  if (!run) return noRun
  const others = [
    ...new Set(run.candidates.map(({ origin = 'a person by hand' }) => origin).filter((origin) => !OWN.has(origin))),
  ].sort()
  if (isLive(run)) others.push('a model that answers the harness')
  return others.length === 0
    ? {
        evidence: [],
        says: 'no other agent had a part in this run: every candidate is of its search or of its own proposers, and no model was asked',
        not_applicable: true,
      }
    : { ...proposing, says: `others proposed (${others.join(', ')}), and may do nothing else: ${proposing.says}` }
}

const isLive = ({ run }: RunFacts): boolean => 'live' in run.replayer
