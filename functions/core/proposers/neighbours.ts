/** `neighbours`: one step beside settings that were released, and beside those in force. */
import type { Patch, Settings, SettingValue } from '#schemas/common.ts'
import { metricOf } from '#schemas/metrics.ts'
import type { TunableField } from '../space/lattice.ts'
import { isScoped } from '../space/scope.ts'
import type { ProposedChange, ProposerInput, PureProposer, ReleasedSettings } from './proposer.ts'

/** What steps are taken beside: what is in force may be no release. */
type Start = Omit<ReleasedSettings, 'rollout'>

export const neighbours: PureProposer = {
  name: 'neighbours',
  propose(input) {
    const { pack, released } = input
    const inForce: Start = released.find((one) => one.pack === pack.pack) ?? {
      pack: pack.pack,
      settings: pack.settings,
      change: null,
    }
    const all = [inForce, ...released.toReversed().filter((one) => one.pack !== pack.pack)]
    return all.flatMap((one) => input.fields.flatMap((field) => beside(one, field, input)))
  },
}

/** The release with one field a step lower, and a step higher, as changes of the baseline. */
function beside(release: Start, field: TunableField, input: ProposerInput): ProposedChange[] {
  const settings: Settings = isScoped(release.settings) ? release.settings.otherwise : release.settings
  const at = field.values.indexOf(settings[field.path]!)
  if (at < 0) return []
  return [at - 1, at + 1].flatMap((to): ProposedChange[] => {
    const value = field.values[to]
    if (value === undefined) return []
    const patch = changesTo({ ...settings, [field.path]: value }, input.fields)
    const fields = Object.keys(patch).length
    if (fields === 0 || fields > input.target.max_fields) return []
    return [
      {
        patch,
        rationale: `one step beside ${release.pack}: ${field.path} ${settings[field.path]} -> ${value}`,
        prediction: { metric: input.target.metric, by: goneOn(release, field, value, patch, input), cases: null },
      },
    ]
  })
}

/** What leads from the baseline to some settings, of the fields that a target may change by their values. */
const changesTo = (settings: Settings, fields: readonly TunableField[]): Record<string, SettingValue> =>
  Object.fromEntries(
    fields
      .filter(({ path, values, baseline }) => values.includes(settings[path]!) && settings[path] !== baseline)
      .map(({ path }) => [path, settings[path]!]),
  )

/**
 * A release that moved this number alone gained so much a step: one step on from the baseline is said to bring as much again.
 * Null: it moved something else, was not measured, or the step is not from the baseline alone.
 */
function goneOn(
  { change }: Start,
  { path, baseline, values }: TunableField,
  to: SettingValue,
  patch: Readonly<Record<string, SettingValue>>,
  { target }: ProposerInput,
): number | null {
  const moved: Patch[string] | undefined = change?.patch[path]
  const delta = change?.delta[metricOf(target.metric).delta_key] ?? null
  if (!moved || delta === null || Object.keys(change!.patch).length !== 1 || Object.keys(patch).length !== 1)
    return null
  const steps = values.indexOf(moved.to) - values.indexOf(moved.from)
  const further = values.indexOf(to) - values.indexOf(baseline)
  return values.includes(moved.from) && values.includes(moved.to) && steps !== 0 && typeof to === 'number'
    ? (delta / steps) * further
    : null
}
