/** `corrections`: the setting under which passages would have been read that right answers needed, as people corrected them. */
import type { HandWrittenChange } from '#schemas/candidate.ts'
import type { SettingValue } from '#schemas/common.ts'
import type { Insight } from '#schemas/insight.ts'
import type { PureProposer } from './proposer.ts'

export const corrections: PureProposer = {
  name: 'corrections',
  propose: ({ insights, fields, facts, target }) =>
    insights.flatMap((insight) => {
      const { suggests, where, pattern, occurrences, of, evidence_refs } = insight
      const field = suggests && fields.find(({ path }) => path === suggests.path)
      // Less than the baseline keeps nothing that the baseline does not.
      if (!field || !isMore(suggests.to, field.baseline)) return []
      const cases = [...new Set(evidence_refs.flatMap((run) => facts.caseOf.get(run) ?? []))]
      // The insight names its first runs alone: where there are more, the list would not be whole.
      const isWhole = evidence_refs.length < MOST_REFS
      return scopesOf(where).map((when) => ({
        patch: { [suggests.path]: when === undefined ? suggests.to : { to: suggests.to, when } },
        rationale: `${pattern}: ${occurrences} of ${of} families (insight ${insight.insight_id})`,
        prediction: { metric: target.metric, by: null, cases: isWhole ? cases : null },
      }))
    }),
}

/** Runs that an insight names at most. */
const MOST_REFS = 50

type Scope = Extract<HandWrittenChange['patch'][string], object>['when']

/** For all cases, and for those that share what these runs share. */
const scopesOf = (where: Insight['where']): Scope[] =>
  where === null ? [undefined] : [undefined, { '==': [{ var: `attributes.${where.attribute}` }, where.value] }]

const isMore = (to: SettingValue, baseline: SettingValue): boolean =>
  typeof to === 'number' && typeof baseline === 'number' && to > baseline
