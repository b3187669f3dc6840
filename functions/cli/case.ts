/** `autotune case`: one recorded case of the search side, and what a candidate would have made of its context. */

import { isWritable } from '#adapters/local/files/writable.ts'
import { scorecardOf } from '#core/evaluate/scorecard.ts'
import { familyHash } from '#core/experience/index-line.ts'
import { erasedBy } from '#core/heads/erasures.ts'
import { liveOf } from '#core/replay/cage.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { applyPatch, tableOf } from '#core/space/scope.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import { isPartId, NOT_CERTIFIED } from '#schemas/patterns.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import { findCase } from '../steps/experience/find-case.ts'
import { noteOpened } from '../steps/experience/opened.ts'
import { judgingWith } from '../steps/replay/verdicts.ts'
import { erasuresOf } from '../steps/store/erasures.ts'
import { readJson, readLines } from '../streams/read-object.ts'
import { theCandidate } from './explain.ts'
import { personOf, terminalUser } from './hand.ts'
import { manifestOf } from './inspect.ts'
import { nearText } from './near.ts'
import { type CommandStore, isLocal, openExisting } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { caseLines, type Look, type Looks, lookLines } from './text-case.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly run?: string
  readonly candidate?: string
  /** Who looks. */
  readonly by?: string
}

export async function caseVerb(id: string, { json, run, candidate, by, ...o }: Options): Promise<number> {
  if (candidate !== undefined && run === undefined)
    throw new UserError('--candidate is of a run: name it with --run ("autotune list" shows the runs)')
  const store = await openExisting(o, terminalProgress())
  try {
    const found = await findCase(store, id)
    if ('known' in found) {
      const erased = (await erasuresOf(store)).ofRun(familyHash(id))
      if (erased) throw new UserError(`recorded run "${id}" was ${erasedBy(erased)}`)
      throw new UserError(
        `no case "${id}" on the search side of this store${nearText(id, found.known)}. A sealed case is shown to nobody before its version is retired: whoever has seen one can no longer be surprised by it`,
      )
    }
    if (run !== undefined && isPartId(run))
      throw new UserError(
        `proposal ${run} is ${NOT_CERTIFIED}: it was replayed on no case, so there is nothing to compare`,
      )
    const looks = run === undefined ? null : await looksAt(store, run, candidate, found.case)
    const opened = isWritten(store)
      ? await noteOpened(store, found.case, personOf(by ?? terminalUser() ?? 'unknown'))
      : null
    print(json, { case: found.case, runs: found.runs, corrections: found.corrections, looks, opened }, () => [
      ...caseLines(found),
      ...(looks ? lookLines(found, looks) : []),
      opened
        ? `opened   by ${opened.by} on ${opened.day}: noted, so that its family is never sealed`
        : 'opened   not noted: nothing can be written into this store from here',
    ])
    return 0
  } finally {
    store.close()
  }
}

/** May a look be noted? A deployment lets people read, and not write. */
const isWritten = (store: CommandStore): boolean => isLocal(store) && isWritable(store.dir)

/** What this program cannot replay from the record alone. */
const answeredByItsHarness = (run: string): string =>
  `the harness of the run answered it, and no harness is started for a look: what it said and how that was judged stands in ${keys.autotuneRun(run, 'replay-results.jsonl')} and harness-replies.jsonl beside it`

/** A case under the baseline of a run and under one of its candidates, replayed again from what was recorded. */
async function looksAt(
  store: CommandStore,
  run: string,
  named: string | undefined,
  replayCase: ReplayCase,
): Promise<Looks> {
  await manifestOf(store, run)
  const pinned = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(run, 'target.json'))
  if (!pinned) throw new UserError(`target.json of run ${run} is gone: "autotune verify ${run}" says what else is`)
  if (pinned.target.intent !== replayCase.intent_id)
    throw new UserError(`run ${run} is about ${pinned.target.intent}, and this case about ${replayCase.intent_id}`)
  const scored = await readLines<CandidateScore>(store.objects, keys.autotuneRun(run, 'candidates.jsonl'))
  const candidate = named === undefined ? scored.find((c) => c.fate === 'won') : theCandidate(scored, named, run)
  if (!candidate)
    throw new UserError(
      `run ${run} has no winner: name a candidate with --candidate ("autotune explain ${run}" shows them)`,
    )
  const pins = { baseline: tableOf(pinned.pack), prices: pinned.price_table }
  const judge = judgingWith(store.verdicts, 'search')
  const isOwn = pinned.replayer.kind !== 'transcript'
  const isLive = liveOf(pinned.replayer) !== null
  const look = async (settings: SettingsTable): Promise<Look> => {
    // What was recorded says nothing of either arm of a live run.
    if (isLive) return { unreplayable: answeredByItsHarness(run) }
    const replayed = replayTranscript(replayCase, settings, pins)
    if ('unreplayable' in replayed) return { unreplayable: isOwn ? answeredByItsHarness(run) : replayed.unreplayable }
    const { evaluator_suite: suite } = pinned
    const { scores, measures } = await judge(suite, () => scorecardOf(suite, replayed, replayCase.intent_id))
    const { recording, rendered } = replayed.trimmed
    return {
      unreplayable: null,
      kept: [...rendered.kept].map((at) => recording.evidence.ref[at]!),
      tokens: rendered.keptTokens,
      cuts: rendered.shape.length > rendered.kept.length,
      verdicts: Object.fromEntries(
        Object.entries(scores).map(([name, { status, findings }]) => [
          name,
          { status, says: findings.find((f) => f.severity === 'error')?.message ?? null },
        ]),
      ),
      cents: measures.economics_cents,
      prompt_tokens: measures.economics_tokens,
    }
  }
  const { candidate_id, patch, fate } = candidate
  return {
    run,
    candidate: { candidate_id, patch, fate },
    baseline: await look(tableOf(pinned.pack)),
    changed: await look(applyPatch(tableOf(pinned.pack), patch)),
  }
}
