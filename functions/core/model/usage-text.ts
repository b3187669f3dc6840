/** What answers of models cost, in words for terminal and page. */
import type { ModelUsage, RunUsage } from '#schemas/model-usage.ts'
import { modelName, modelPlace } from '../live/model-name.ts'

/** A sentence a model and purpose. What an endpoint did not tell is said to be not told, never 0. `side`: stands before each. */
export const usageLines = (rows: readonly ModelUsage[], side = ''): string[] =>
  rows.map((row) => {
    const { purpose, model, answers, paid, refused, prompt_tokens: input, completion_tokens: output, cents } = row
    const kept = answers - paid
    return [
      `${side}${purpose}: ${answers === 1 ? '1 answer' : `${answers} answers`} of ${modelName(model)} at ${modelPlace(model)}`,
      ...(kept > 0
        ? [`${kept} of them (${Number(((100 * kept) / answers).toPrecision(2))} %) kept from earlier runs`]
        : []),
      ...(refused > 0 ? [`${refused} refused`] : []),
      input === null || output === null ? 'tokens not told' : `${input} tokens in, ${output} out`,
      cents === null ? 'cents not measured' : `${Number(cents.toPrecision(3))} cents`,
    ].join(', ')
  })

/** The same of a run, with what of the sealed side may not be told. */
export const runUsageLines = ({ rows, sealed, sealed_calls: calls }: RunUsage): string[] => [
  ...usageLines(rows, sealed && 'search side, '),
  ...usageLines(sealed ?? [], 'sealed side, '),
  ...(calls === null || sealed
    ? []
    : calls === undefined
      ? ['sealed side: what it asked, the gate of the deployment alone is told']
      : [`sealed side: ${calls === 1 ? '1 call' : `${calls} calls`}, whose tokens and cents only a "yes" tells`]),
]
