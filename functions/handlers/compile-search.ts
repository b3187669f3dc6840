/**
 * Compiles the recorded runs of an intent into the search set that the run will pin, replays its baseline, and lays it out in
 * shards. A set on which nothing could be certified, or a harness that gives a case two answers, ends the run here, before
 * anything is sealed.
 */
import { type BaselinePins, baselinePins } from '#core/baseline/baseline.ts'
import { Gathered, type Reproduction, sealedLine } from '#core/baseline/reproduce.ts'
import { recordProblems } from '#core/experience/records-found.ts'
import { searchProblems } from '#core/search/search-set.ts'
import { tableOf } from '#core/space/scope.ts'
import { Scopes } from '#core/space/scopes.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import { type CompiledSet, RunInput, type RunRef } from '#schemas/payloads.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import { endedAs, endRun } from '../lambda/end-run.ts'
import { verdictsOf } from '../lambda/judges.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { contractPins, shardLimits, withReplays } from '../lambda/replays.ts'
import type { Step } from '../lambda/step.ts'
import { drawsLine, type PanelFile, putJson, putWork, refTo, requestOf, type StartedRequest } from '../lambda/work.ts'
import type { World } from '../lambda/world.ts'
import type { Lines } from '../ports.ts'
import { compileSearch as compile } from '../steps/experience/compile.ts'
import { compareImported } from '../steps/experience/stored-records.ts'
import { pinnedLimits } from '../steps/heldout/pinned-limits.ts'
import type { CaseReplays } from '../steps/replay/replays.ts'
import { judgingWith } from '../steps/replay/verdicts.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { pinnedLines } from '../steps/run/pinned-input.ts'
import { ContractRefused, keepRefusal } from '../steps/run/refusal.ts'
import { asText, inTextBlocks } from '../streams/groups.ts'
import { readJson, streamLines } from '../streams/read-object.ts'

/** Replays the baseline and lays the cases that reproduce out in shards, as a panel without its cases. */
async function layOut(
  world: World,
  { run_id }: RunRef,
  request: StartedRequest,
  pins: BaselinePins,
  lines: Lines,
  changes: readonly CandidateChange[] | null,
): Promise<{ reproduced: Reproduction; laid: Omit<PanelFile, keyof Reproduction> }> {
  const { store } = world
  const replayer = pins.replayer ?? { kind: 'transcript' }
  const gathered = new Gathered()
  const scopes = new Scopes(changes)
  const aside = store.scratch()
  const reproducing = async function* ({ reproduce }: Pick<CaseReplays, 'reproduce'>) {
    for await (const { line, arm, ...one } of reproduce(lines, pins, 'search')) {
      gathered.add(one)
      if (one.draws) aside.records.append(JSON.stringify(drawsLine(one.case.case_id, [one.result, ...one.draws])))
      if (!('measures' in one.result)) continue
      if (!scopes.isEmpty) scopes.add(JSON.parse(line) as ReplayCase)
      yield sealedLine(line, one.result, arm)
    }
  }
  const { candidates, target } = request
  try {
    return await withReplays(
      world,
      { replayer, target, candidates, prices: pins.prices, many: 'wholeSet' },
      async (replays) => {
        const shards: PanelFile['shards'][number][] = []
        const limits = shardLimits(world, replayer, pins.suite)
        for await (const shard of inTextBlocks(reproducing(replays), limits, (line) => line.length)) {
          const text = shard.map((line) => `${line}\n`).join('')
          const { version_id } = await putWork(store, workKeys.shard(run_id, shards.length), text)
          shards.push({ cases: shard.length, version_id })
        }
        const reproduced = { ...gathered.reproduction(pins.draw, { withExamples: true }), ...scopes.counts() }
        const draws =
          aside.records.count === 0 ? null : await putWork(store, workKeys.draws(run_id), asText(aside.records.texts()))
        const replies = replays.replies
          ? await putWork(store, workKeys.replies(run_id), asText(replays.replies.lines()))
          : null
        return { reproduced, laid: { shards, ...(draws && { draws }), ...(replies && { replies }) } }
      },
    )
  } finally {
    aside.close()
  }
}

export const compileSearchFunction: Step<RunInput, CompiledSet> = {
  name: 'compile-search',
  input: RunInput,
  about: ({ run }) => ({ run: run.run_id, intent: run.intent }),
  outcome: (compiled) => ('refused' in compiled ? endedAs('refused') : {}),
  async work({ run }, world) {
    const { store } = world
    const request = await requestOf(store, run)
    const { target, replayer } = request
    const lost = recordProblems(run.intent, await compareImported(store, run.intent, 'search'), true)
    if (lost.length > 0) throw new ContractRefused(lost)
    const compiled = await compile(store, run.intent)
    const { digest, cases } = compiled
    if (cases === 0)
      throw new UserError(`no recorded run of intent "${run.intent}" is in this store: "autotune import FILE" first`)
    const { key, version_id } = await refTo(store, keys.goldensAt(run.intent, digest))
    const contract = await answeredContract(store, target)
    // A pin that an earlier execution of this run left stands: what is laid out is its search set.
    const before = await readJson<AutotuneRun>(store.objects, workKeys.run(run.run_id))
    const pins = before ? baselinePins(before) : contractPins(contract, request)
    const lines = before ? await pinnedLines(store, before) : streamLines(store.objects, key, version_id)
    const { reproduced, laid } = await layOut(
      world,
      run,
      request,
      pins,
      lines,
      before ? before.candidates : request.candidates,
    )
    const problems = searchProblems(reproduced, contract.resolved, contract.suite, replayer.kind)
    if (problems.length > 0) {
      await keepRefusal(store, run.run_id, target, problems)
      await endRun(store, run, 'refused', problems)
      return { refused: true }
    }
    const { panel: _, live: _drawn, ...rest } = reproduced
    const file: PanelFile = { ...laid, ...rest }
    const panel = await putJson(store, workKeys.panel(run.run_id), file)
    const limits = await pinnedLimits(
      streamLines(store.objects, key),
      tableOf(contract.pack),
      contract.suite,
      judgingWith(verdictsOf(world, 'wholeSet'), 'search'),
    )
    return { search_set: { ...compiled, version_id }, limits, panel }
  },
}

export const handler = makeHandler(compileSearchFunction)
