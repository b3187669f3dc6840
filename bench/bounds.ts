/** Bounds of a prompt block against edits that were written without knowledge of them: disguises, and ordinary work. */
import { readFileSync } from 'node:fs'
import { promptProblems } from '#core/space/prompt/bounds.ts'
import { estimatedTokens } from '#core/space/prompt/tokens.ts'
import type { PromptBounds } from '#schemas/surface.ts'
import { type Bench, percent } from './bench.ts'

/** Blocks, and edits of them: `cut` characters at `at` give way to `put`. */
interface EditSet {
  readonly blocks: readonly { readonly language: string; readonly text: string; readonly bounds: PromptBounds }[]
  readonly cases: readonly {
    readonly kind: string
    readonly block: number
    readonly at: number
    readonly cut: number
    readonly put: string
  }[]
}

/** Tricks that leave the term unwritten: what is to be put together, spoken or translated. No list of spellings meets them. */
export const UNWRITTEN =
  /^(?:acrostic|assembly-instruction|footnote-split|han-split-parts|letter-names|transliteration.*|keyboard-layout|upside-down)$/

/** Tricks that say the opposite of a protected sentence in words of their own: only a person reads them, or nobody may add any. */
export const REVERSED = /^reversed-in-other-words$/

interface Judged {
  readonly kind: string
  readonly language: string
  readonly refused: boolean
}

/** Every edit of a set, or every `each`th of those of some kinds, and whether the bounds refuse it. */
export function judged(
  name: 'adversarial' | 'benign',
  each = 1,
  { beside = {}, kinds = /./ }: { readonly beside?: Partial<PromptBounds>; readonly kinds?: RegExp } = {},
): Judged[] {
  const { blocks, cases } = JSON.parse(
    readFileSync(new URL(`./bounds/${name}.json`, import.meta.url), 'utf8'),
  ) as EditSet
  return cases
    .filter(({ kind }, i) => i % each === 0 && kinds.test(kind))
    .map(({ kind, block, at, cut, put }) => {
      const { language, text, bounds } = blocks[block]!
      const to = text.slice(0, at) + put + text.slice(at + cut)
      return { kind, language, refused: promptProblems({ ...bounds, ...beside }, text, to, estimatedTokens).length > 0 }
    })
}

const accepted = (all: readonly Judged[]): Judged[] => all.filter((one) => !one.refused)

/** Of a kind of edits: how many are accepted, and how many refused. */
function row(what: string, all: readonly Judged[]): string[] {
  const share = (n: number) => `${n} of ${all.length} (${percent(n / all.length)})`
  const { length } = accepted(all)
  return [what, share(length), share(all.length - length)]
}

export async function run(): Promise<Bench> {
  const adversarial = judged('adversarial')
  const unwritten = adversarial.filter((one) => UNWRITTEN.test(one.kind))
  const reversed = adversarial.filter((one) => REVERSED.test(one.kind))
  const spelled = adversarial.filter((one) => !UNWRITTEN.test(one.kind) && !REVERSED.test(one.kind))
  const noneNew = judged('adversarial', 1, { beside: { max_new_sentences: 0 }, kinds: REVERSED })
  const benign = judged('benign')
  const languages = [...new Set(benign.map(({ language }) => language))].sort()
  return {
    name: 'bounds',
    conditions: {
      adversarial: `${adversarial.length} edits of ${new Set(adversarial.map(({ kind }) => kind)).size} kinds that a reader would see through, most by writers who did not know the rules; what got past them was mended since, or stands in no set (docs/benchmarks.md)`,
      benign: `${benign.length} edits that a support team would make, in ${languages.join(', ')}`,
    },
    figures: {
      accepted_adversarial: accepted(spelled).length,
      adversarial: spelled.length,
      accepted_unwritten: accepted(unwritten).length,
      unwritten: unwritten.length,
      accepted_reversed: accepted(reversed).length,
      accepted_reversed_none_new: accepted(noneNew).length,
      reversed: reversed.length,
      refused_benign_share: (benign.length - accepted(benign).length) / benign.length,
      benign: benign.length,
    },
    peers: {},
    table: [
      ['edits', 'accepted', 'refused'],
      row('adversarial, the term or the trick is written', spelled),
      row('adversarial, to be put together, spoken or translated', unwritten),
      row('adversarial, the opposite of a protected sentence in other words', reversed),
      row('the same, with max_new_sentences 0', noneNew),
      row('benign', benign),
    ],
    bars: [
      { figure: 'accepted_adversarial', atMost: 0 },
      { figure: 'accepted_reversed_none_new', atMost: 0 },
      { figure: 'refused_benign_share', atMost: 0.01 },
    ],
  }
}
