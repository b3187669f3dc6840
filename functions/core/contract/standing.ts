/** What stands in the way of a run before a question is even read: what is in force, what is under way, what is recorded. */
import type { Patch, SettingsTable } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { canonical } from '../canonical.ts'
import { applyPatch, type Settled, tableOf } from '../space/scope.ts'

/** Facts that a step gathers; null or empty where there is nothing of it. */
export interface Standing {
  /** Tuple in force for the intent in place of the target's, and its pack where that is known; null: the target's, or none. */
  readonly in_force: { readonly release_tuple_id: string; readonly pack: string | null } | null
  /** Reviews that are open or approved, and rollouts on their way, of proposals for the tuple that the target starts from. */
  readonly open: readonly {
    readonly kind: 'open review' | 'approved review' | 'rollout'
    readonly id: string
    readonly run: string
  }[]
  /** Settings of the packs that were released for the intent, by the rollout that brought them. */
  readonly released: readonly { readonly rollout: string; readonly pack: string; readonly settings: SettingsTable }[]
  /** What is wrong with the records, in words; empty where nothing is, or where whoever asks may not compare them. */
  readonly records: readonly string[]
}

/** Lines of what stands against a run; empty where nothing does. `candidates`: hand-written patches, if there are any. */
export function standingProblems(
  { in_force, open, released, records }: Standing,
  target: TuningTarget,
  pack: ContextPack | null,
  candidates: readonly { readonly patch: Patch }[] = [],
): string[] {
  const { intent, baseline_tuple: refs } = target
  const problems: string[] = []
  if (intent && refs && in_force) {
    const now = in_force.pack === null || in_force.pack === refs.pack ? in_force.release_tuple_id : in_force.pack
    problems.push(
      `baseline_tuple is not in force: ${intent} runs on ${now}, the target starts from ${refs.pack}. Pin the tuple in force ("autotune rollout list" shows it), and set release_path.rollback_target to its pack`,
    )
  }
  for (const { kind, id, run } of open) problems.push(openProblem(intent ?? '', kind, id, run))
  for (const { patch } of pack ? candidates : []) problems.push(...releasedProblem(released, pack!, patch))
  return [...problems, ...records]
}

/** Why a change that is under way stands against another one, and what to do. */
export function openProblem(intent: string, kind: Standing['open'][number]['kind'], id: string, run: string): string {
  const todo =
    kind === 'open review'
      ? `decide it first, or let it expire ("autotune review ${run}")`
      : kind === 'approved review'
        ? `release it first ("autotune rollout start ${run}"), or start and stop it`
        : `wait for its end, or stop it ("autotune rollout stop ${id} --reason TEXT")`
  return `${kind} ${id} of ${intent} stands on this baseline (run ${run}): a second change would be proved against what the first one replaces; ${todo}`
}

/** That a change would give settings which were released for the intent already; none where it would not. */
export function releasedProblem(released: Standing['released'], pack: Settled, patch: Patch): string[] {
  const changed = canonical(applyPatch(tableOf(pack), patch))
  const same = released.find((r) => canonical(r.settings) === changed)
  if (!same) return []
  const what = Object.entries(patch).map(([path, { to }]) => `${path} = ${JSON.stringify(to)}`)
  return [`the change ${what.join(', ')} was released already: ${same.pack}, by rollout ${same.rollout}`]
}
