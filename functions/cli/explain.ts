/** `autotune explain`: why a run proposed this or nothing, and everything about one candidate of it. */
import { type PromptCost, promptCostLines } from '#core/evidence/prompt-cost.ts'
import { labelLines } from '#core/gate/label-wording.ts'
import { notSearchedBy } from '#core/search/not-searched.ts'
import { patchDigest } from '#core/space/lattice.ts'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { GateAnswer } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import { promptCostsOf } from '../steps/evidence/prompt-costs.ts'
import { allRemembered } from '../steps/run/forget.ts'
import { orNull, readJson, readLines, valuesHolding } from '../streams/read-object.ts'
import { finishedRun, showPart, showUnfinished } from './inspect.ts'
import { nearText } from './near.ts'
import { nextCommand, planCommand } from './next.ts'
import { type CommandStore, openExisting } from './open.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { candidateLines, explainLines, type Replays } from './text-explain.ts'
import { rememberedLines, rememberedObject } from './text-memory.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  /** Every candidate, and not only the best of those that share a fate. */
  readonly all?: boolean
}

/** Replays of a candidate that are shown with what was found. */
const MOST_FOUND = 5

export async function explain(
  run: string,
  candidate: string | undefined,
  { json, all, ...o }: Options,
): Promise<number> {
  const store = await openExisting(o)
  try {
    const manifest = await finishedRun(store, run)
    if (!manifest) return (await showPart(store, run, json)) ?? (await showUnfinished(store, run, json))
    const { summary } = manifest
    const scored = await readLines<CandidateScore>(store.objects, keys.autotuneRun(run, 'candidates.jsonl'))
    const asked = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(run, 'target.json'))
    const { metric = null, direction = null } = asked?.target ?? {}
    if (candidate === undefined) {
      const more = nextCommand(o, ['explain', run, scored[0] ? 'CANDIDATE' : ''])
      const labels = asked?.heldout_test_set ? labelLines(asked.heldout_test_set) : []
      const not_searched = asked ? notSearchedBy(asked, scored) : []
      const plan = planCommand(o, {})
      const told = { summary, scored, not_searched, plan, metric, direction, labels, all: all ?? false, more }
      print(json, summary, () => explainLines(told))
      return 0
    }
    const found = theCandidate(scored, candidate, run)
    const replays = await replaysOf(store, run, found.candidate_id)
    const gate = await orNull(readJson<GateAnswer>(store.objects, keys.autotuneRun(run, 'gate.json')))
    const certificate =
      gate?.certified === true ? (gate.certificates.find((c) => c.candidate_id === found.candidate_id) ?? null) : null
    const memory = (await allRemembered(store)).filter(({ record: { patches } }) =>
      patches.some((patch) => patchDigest(patch) === found.digest),
    )
    const { prompts, why } = await promptsOf(store, asked, found)
    print(
      json,
      {
        run,
        ...found,
        replays,
        certificate,
        ...(prompts.length > 0 && { prompts }),
        memory: memory.map(rememberedObject),
      },
      () => [
        `run ${run}`,
        ...candidateLines({ found, scored, metric, direction, replays, certificate }),
        ...(why === null ? [] : [`prompt     its price is not known: ${why}`]),
        ...prompts
          .flatMap((one) => promptCostLines(one, found.patch))
          .map((line, i) => `${(i === 0 ? 'prompt' : '').padEnd(10)} ${line}`),
        ...(memory.length === 0 ? [] : ['memory now ("autotune forget ID --reason TEXT" lifts an entry)']),
        ...memory.flatMap((entry) => rememberedLines(entry, found.digest)),
        ...replays.found
          .slice(0, 1)
          .map(
            ({ case_id }) =>
              `look     ${nextCommand(o, ['case', case_id, '--run', run, '--candidate', found.candidate_id])}`,
          ),
      ],
    )
    return 0
  } finally {
    store.close()
  }
}

/** A candidate by its id, or by the beginning of one. Throws UserError for none and for several. */
export function theCandidate(scored: readonly CandidateScore[], text: string, run: string): CandidateScore {
  const exact = scored.find((c) => c.candidate_id === text)
  const begins = scored.filter((c) => c.candidate_id.startsWith(text))
  const found = exact ?? (begins.length === 1 ? begins[0] : undefined)
  if (found) return found
  const ids = scored.map((c) => c.candidate_id)
  throw new UserError(
    begins.length > 1
      ? `"${text}" begins ${begins.length} candidates of run ${run}: ${ids
          .filter((id) => id.startsWith(text))
          .slice(0, 5)
          .join(', ')}`
      : `run ${run} looked at no candidate "${text}"${nearText(text, ids)}. "autotune explain ${run} --all" lists all ${ids.length}`,
  )
}

/** Price of the prompt blocks that a candidate changes; `why`: it cannot be told any more. */
async function promptsOf(
  store: CommandStore,
  run: AutotuneRun | null,
  found: CandidateScore,
): Promise<{ readonly prompts: readonly PromptCost[]; readonly why: string | null }> {
  if (run === null) return { prompts: [], why: null }
  try {
    return { prompts: await promptCostsOf(store, run, found), why: null }
  } catch (error) {
    if (error instanceof UserError) return { prompts: [], why: error.message }
    throw error
  }
}

/** How often a candidate was replayed, and the first cases in which something was found. */
async function replaysOf(store: CommandStore, run: string, id: string): Promise<Replays> {
  const counts = { replayed: 0, unreplayable: 0, failed: 0 }
  const found: Replays['found'][number][] = []
  const key = keys.autotuneRun(run, 'replay-results.jsonl')
  for await (const line of valuesHolding<ReplayResult>(store.objects, key, `"candidate_id":${JSON.stringify(id)}`)) {
    if (line.candidate_id !== id) continue
    counts[line.status]++
    const says = line.reason ?? line.findings.find((f) => f.severity === 'error')?.message
    if (says && found.length < MOST_FOUND) found.push({ case_id: line.case_id, says })
  }
  return { ...counts, found }
}
