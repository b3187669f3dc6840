/** What a person can do after a run: by its verdict and by what stood in the way. */
import type { RunSummary, Verdict } from '#schemas/run.ts'

/** Sentences, the most useful first. `summary` null: the run was refused before its search. */
export function nextSteps(verdict: Verdict | 'abandoned', summary: RunSummary | null): string[] {
  switch (verdict) {
    case 'certified':
      return ['A proposal waits for review: "autotune review RUN" opens it and prints a link for each reviewer.']
    case 'not_certified':
      return [
        'The sealed set said no, and says no more than that. The question is spent; look at the search side here for what might have differed.',
        'Another question asks another list: a changed search space, or hand-written candidates ("autotune propose" shows what the search side says of them, and spends nothing).',
      ]
    case 'inconclusive':
      return [
        ...(summary?.preflight ?? []).flatMap(({ guardrail, verdict: ready, families, needed, records_lack }) =>
          ready === 'ready'
            ? []
            : [
                needed !== null && !records_lack
                  ? `${guardrail}: import ${needed - families} more sealed families (${families} of ${needed} are there).`
                  : `${guardrail}: no number of families mends it; the records lack something that its reason names.`,
              ],
        ),
        'Nothing was spent: the same target can be run again as soon as the records can answer.',
      ]
    case 'no_candidate':
      return [
        'No change held every limit and gained anything. The table of candidates says which limit each broke: a wider search space, or a limit that is meant less strictly, changes that.',
        'No question was asked, so nothing was spent.',
      ]
    case 'abandoned':
      return ['Its files were cleared when it was given up. Run its target again: that asks another question.']
    case 'refused':
      return [
        'Answer what the reasons name; "autotune doctor --target FILE" asks the same questions and spends nothing.',
      ]
  }
}
