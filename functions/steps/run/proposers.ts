/** Asks proposers for a run: what they are given is read here, of the search side alone, and what they make is bounded. */
import { createHash } from 'node:crypto'
import { digestOf } from '#core/canonical.ts'
import { insightsOf } from '#core/insight/insights.ts'
import { FactsOfSearch } from '#core/proposers/facts.ts'
import type { ProposerInput, Proposing, ReleasedSettings } from '#core/proposers/proposer.ts'
import { PROPOSER_OF } from '#core/proposers/table.ts'
import { type HandedOver, takeProposed } from '#core/proposers/take.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { tokenCounter } from '#core/space/prompt/tokens.ts'
import type { BlockLibrary } from '#schemas/block-library.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { ModelUsage } from '#schemas/model-usage.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { PROPOSERS, type ProposerName } from '#schemas/proposers.ts'
import type { ProposedInRun, Replayer } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { StartRequest } from '#schemas/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { compileIntent } from '../experience/compile.ts'
import { readIndex } from '../experience/run-index.ts'
import { seenRuns } from '../replay/seen-runs.ts'
import type { AnsweredContract } from './contract.ts'
import { deadEnds } from './memory.ts'
import { releasedFor } from './standing.ts'

/** Who is asked for a target, in the order of the table, whoever named them; undefined: nobody. */
export function proposingOf(
  { proposers = [] }: TuningTarget,
  named: readonly ProposerName[] = [],
  blocks: BlockLibrary | null = null,
): Proposing | undefined {
  const asked = PROPOSERS.filter((name) => named.includes(name) || proposers.includes(name))
  if (asked.includes('blocks') && blocks === null)
    throw new UserError('the proposer "blocks" chooses from a reviewed library: name its file with --blocks FILE')
  if (blocks !== null && !asked.includes('blocks'))
    throw new UserError('a library of blocks is of the proposer "blocks": add --proposers blocks')
  return asked.length === 0 ? undefined : { proposers: asked.map((name) => PROPOSER_OF[name]), blocks }
}

/** What a run is about, as far as proposers are told. */
interface ProposingFor {
  readonly target: TuningTarget
  readonly contract: AnsweredContract
  readonly replayer: Replayer
  /** Changes that a person wrote for the same run. */
  readonly given: readonly CandidateChange[]
}

/** Families in which a pattern has to recur before it is worth a change. */
const LEAST = 2

/** Candidates of each proposer in their order, bounded; and what was left out, with the reason. */
export async function proposedFor(
  store: Pick<Store, 'objects' | 'table' | 'heads' | 'verdicts' | 'scratch' | 'progress'>,
  { proposers, blocks }: Proposing,
  about: ProposingFor,
  lines: Iterable<string>,
): Promise<ProposedInRun> {
  const { pack, resolved } = about.contract
  const input = await proposerInput(store, blocks, about, lines)
  const handed: HandedOver[] = []
  const usage: ModelUsage[] = []
  for (const proposer of proposers) {
    const made = await proposer.propose(input)
    const { changes, unread, usage: paid } = 'changes' in made ? made : { changes: made, unread: [], usage: [] }
    store.progress(`proposer ${proposer.name}: ${changes.length} changes`)
    handed.push({ origin: proposer.name, changes, unread })
    usage.push(...paid)
  }
  return {
    proposers: proposers.map(({ name }) => name),
    ...(blocks && { blocks: digestOf(blocks) }),
    ...(usage.length > 0 && { usage }),
    ...takeProposed(handed, {
      pack,
      target: resolved,
      released: input.released,
      given: about.given,
      count: await tokenCounter(pack),
    }),
  }
}

/** The same of the search side as it lies, before a run begins elsewhere: changes as somebody writes them, to be bounded there again. */
export async function proposedBefore(
  store: Parameters<typeof compileIntent>[0] & Parameters<typeof proposedFor>[0],
  proposing: Proposing,
  about: ProposingFor,
): Promise<NonNullable<StartRequest['proposed']>> {
  const aside = store.scratch()
  try {
    for await (const line of compileIntent(store, about.contract.resolved.intent)) aside.records.append(line)
    const { candidates, ...made } = await proposedFor(store, proposing, about, aside.records.texts())
    return { ...made, candidates: candidates.map(({ candidate_id: _c, layer: _l, ...change }) => change) }
  } finally {
    aside.close()
  }
}

/** What proposers are given. `lines`: the search set. */
async function proposerInput(
  store: Pick<Store, 'objects' | 'table' | 'heads' | 'verdicts' | 'scratch'>,
  blocks: BlockLibrary | null,
  about: ProposingFor,
  lines: Iterable<string>,
): Promise<ProposerInput> {
  const { pack, suite, prices, resolved } = about.contract
  const { intent } = resolved
  const dates = new Map<string, string | null>()
  for await (const { run_id, date } of readIndex(store, intent)) dates.set(run_id, date)
  const facts = new FactsOfSearch(prices)
  const set = createHash('sha256')
  const hashed = function* () {
    for (const line of lines) {
      set.update(`${line}\n`)
      yield line
    }
  }
  const seen = await seenRuns(store, hashed(), { intent, suite, prices, dates }, (one) => facts.add(one))
  return {
    target: resolved,
    pack,
    fields: tunableFields(pack, intent, resolved.search_space),
    facts: facts.facts(),
    insights: insightsOf(intent, seen, LEAST),
    blocks,
    released: await releasedChanges(store, intent),
    // What a sealed version answered is nothing that a proposer learns from.
    rejections: await deadEnds(store, about, `sha256:${set.digest('hex')}`),
  }
}

/** Released settings with the change that made them, where its proposal is there to say so. */
async function releasedChanges(store: Pick<Store, 'objects' | 'table'>, intent: string): Promise<ReleasedSettings[]> {
  const released: ReleasedSettings[] = []
  for (const one of await releasedFor(store, intent)) {
    const run = one.rollout.replace(/^ro_/, '')
    const proposal = await orNull(
      readJson<TuningProposal>(store.objects, keys.autotuneRun(run, 'selected-proposal.json')),
    )
    const change = proposal && { patch: proposal.candidate_change.patch, delta: proposal.observed_delta }
    released.push({ ...one, change })
  }
  return released
}
