/** A recording plan that is to be worked on in a store: held to its digest, the bounds of its pack and the cases that are there. */
import { canonical } from '#core/canonical.ts'
import type { WantedTables } from '#core/plan/planned-run.ts'
import { planDigest, recordingDigest, servedDigest } from '#core/plan/recording-plan.ts'
import { planOf } from '#core/replay/settings-plan.ts'
import { chooseRecording } from '#core/replay/transcript.ts'
import { tokenCounter } from '#core/space/prompt/tokens.ts'
import { settingsFor, tableOf } from '#core/space/scope.ts'
import { boundedChange } from '#core/space/validate.ts'
import type { Settings } from '#schemas/common.ts'
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import { type PlannedSettings, RecordingPlan } from '#schemas/recording-plan.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { compileIntent } from '../experience/compile.ts'
import { parseAs, parseJson } from '../experience/parse.ts'

/** A planned case as it is in the store. */
interface PlannedCase {
  /** The recording that its baseline is replayed from. */
  readonly served: Recording
  readonly wanted: WantedTables
  /** Planned settings that it is recorded under -> the run. */
  readonly recorded: Map<string, string>
}

export interface OpenPlan {
  readonly plan: RecordingPlan
  readonly prices: PriceTable | null
  /** Planned cases that are on the search side as they were when the plan was made. */
  readonly cases: ReadonlyMap<string, PlannedCase>
  /** Planned cases that are gone, or were served otherwise since. */
  readonly gone: ReadonlySet<string>
}

/** Opens a plan. Throws UserError for one that was changed, that is of another store, or whose settings are out of bounds. */
export async function openPlan(
  store: Pick<Store, 'objects' | 'scratch' | 'progress' | 'compilerOf'>,
  text: string,
  file: string,
): Promise<OpenPlan> {
  const plan = parseAs(RecordingPlan, parseJson(text, file), file)
  const { digest, ...body } = plan
  if (planDigest(body) !== digest)
    throw new UserError(
      `${file} was changed after it was made: its digest does not hold. Make it again with "autotune plan"`,
    )
  const pack = await documentOf(store, keys.pack(plan.pack), ContextPack, plan.pack, file)
  const prices =
    plan.price_table === null
      ? null
      : await documentOf(store, keys.priceTable(plan.price_table), PriceTable, plan.price_table, file)
  await refuseOutOfBounds(plan, pack, file)
  const tables = new Map(plan.settings.map((one) => [one.settings_id, one]))
  const baseline = tableOf(pack)
  const planned = Map.groupBy(plan.recordings, ({ case_id }) => case_id)
  const cases = new Map<string, PlannedCase>()
  for await (const line of compileIntent(store, plan.intent)) {
    const one = JSON.parse(line) as ReplayCase
    const entries = planned.get(one.case_id)
    if (!entries) continue
    const served = servedDigest(one.recordings)
    const isSame = entries.every(
      ({ settings_id, digest: said }) =>
        tables.has(settings_id) && recordingDigest(one.case_id, served, tables.get(settings_id)!.settings) === said,
    )
    const now = settingsFor(baseline, one)
    const recording = chooseRecording(one, planOf(now), now)
    if (!isSame || typeof recording === 'string') continue
    for (const { settings_id } of entries) refuseForeign(tables.get(settings_id)!, now, one.case_id, file)
    const wanted = new Map(entries.map(({ settings_id }) => [settings_id, tables.get(settings_id)!.settings]))
    cases.set(one.case_id, { served: recording, wanted, recorded: recordedUnder(one, wanted) })
  }
  if (cases.size === 0)
    throw new UserError(
      `${file} is a plan of another store, or every one of its cases changed since: none of its ${planned.size} cases is on the search side here as it was. Make it again with "autotune plan"`,
    )
  return { plan, prices, cases, gone: new Set([...planned.keys()].filter((id) => !cases.has(id))) }
}

/** Throws UserError where a planned table has what its case has neither now nor under the change, whose bounds were looked at. */
function refuseForeign(
  { settings_id, change, settings }: PlannedSettings,
  now: Settings,
  caseId: string,
  file: string,
) {
  for (const path of new Set([...Object.keys(now), ...Object.keys(settings)])) {
    const to = settings[path]
    if (to !== undefined && (to === now[path] || (Object.hasOwn(change, path) && to === change[path]))) continue
    throw new UserError(
      `${file} plans what is out of bounds:\n  ${settings_id}: ${path} is ${JSON.stringify(to) ?? 'left out'}, which case "${caseId}" has neither now nor under its change`,
    )
  }
}

/** Recordings of a plan that are there, and all that it has. */
export const progressOf = ({ plan, cases }: OpenPlan): { readonly recorded: number; readonly of: number } => ({
  recorded: [...cases.values()].reduce((sum, { recorded }) => sum + recorded.size, 0),
  of: plan.recordings.length,
})

/** Planned tables that a recording answers exactly, whatever plan it was made for. */
function recordedUnder({ recordings }: ReplayCase, wanted: WantedTables): Map<string, string> {
  const made = new Map<string, string>()
  for (const { plan, settings, run_id } of recordings) if (plan !== undefined) made.set(canonical(settings), run_id)
  return new Map(
    [...wanted].flatMap(([id, settings]): [string, string][] => {
      const run_id = made.get(canonical(settings))
      return run_id === undefined ? [] : [[id, run_id]]
    }),
  )
}

async function documentOf<T>(
  { objects }: Pick<Store, 'objects'>,
  key: string,
  schema: Parameters<typeof parseAs<T>>[0],
  ref: string,
  file: string,
): Promise<T> {
  const document = await readJson<unknown>(objects, key)
  if (document === null)
    throw new UserError(`${file} names ${ref}, which is not in this store: it is a plan of another one`)
  return parseAs(schema, document, ref)
}

/** The digest is no signature: whoever writes a plan by hand is held to what a change may do. */
async function refuseOutOfBounds(
  { settings: tables, intent }: RecordingPlan,
  pack: ContextPack,
  file: string,
): Promise<void> {
  const count = await tokenCounter(pack)
  const paths = pack.tunable_surfaces.map(({ path }) => path)
  const problems = tables.flatMap(({ settings_id, change, settings }) => {
    const bounded = boundedChange({ patch: change }, pack, intent, paths, count)
    const outside = 'problems' in bounded ? bounded.problems : []
    // Where a pack has rules, what a case has now is told by the case: `refuseForeign`.
    const isOfPack = pack.rules !== undefined || canonical({ ...pack.settings, ...change }) === canonical(settings)
    return [...outside, ...(isOfPack ? [] : [`its settings are not those of ${pack.pack} with its change`])].map(
      (problem) => `  ${settings_id}: ${problem}`,
    )
  })
  if (problems.length > 0) throw new UserError(`${file} plans what is out of bounds:\n${problems.join('\n')}`)
}
