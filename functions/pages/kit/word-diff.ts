/** Word-by-word difference of two texts, for settings that are prose. */
import { html } from 'hono/html'
import { visible } from './format.ts'
import type { Html } from './layout.ts'

/** A run of words that stayed, went or came. */
interface DiffPart {
  readonly kind: 'same' | 'gone' | 'new'
  readonly text: string
}

/** Products of lengths above this are shown as a whole: a table of 4 million steps takes about 50 ms. */
const LARGEST = 4_000_000

/** Parts in reading order, by a longest common subsequence of words. */
export function wordDiff(before: string, after: string): DiffPart[] {
  const [a, b] = [words(before), words(after)]
  if (a.length * b.length > LARGEST) return [part('gone', before), part('new', after)]
  const width = b.length + 1
  const longest = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] =
        a[i] === b[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!)
  const parts: { kind: DiffPart['kind']; text: string }[] = []
  const add = (kind: DiffPart['kind'], text: string) => {
    const last = parts.at(-1)
    if (last?.kind === kind) last.text += text
    else parts.push({ kind, text })
  }
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add('same', a[i]!)
      i++
      j++
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!))
      add('gone', a[i++]!)
    else add('new', b[j++]!)
  }
  return parts
}

const part = (kind: DiffPart['kind'], text: string): DiffPart => ({ kind, text })
/** A word keeps the space after it: single spaces in common would tear a rewritten sentence into shreds. */
const words = (text: string): string[] => text.match(/\S+\s*|\s+/g) ?? []

/** The difference as it is shown: what went is struck out, what came is marked. */
export const diffBlock = (before: string, after: string): Html =>
  html`<pre>${wordDiff(before, after).map(({ kind, text }) =>
    kind === 'same'
      ? visible(text)
      : kind === 'gone'
        ? html`<del>${visible(text)}</del>`
        : html`<ins>${visible(text)}</ins>`,
  )}</pre>`
