/**
 * The answer to a reflection as changes: what is cut or not of the asked form is skipped, never repaired, and an edit that says
 * what was said before is dropped.
 */
import * as z from 'zod'
import type { ModelAnswer } from '#schemas/harness.ts'
import type { TunableField } from '../space/lattice.ts'
import type { ProposedChange, Unread } from './proposer.ts'
import { MOST_EDITS, type Reflection, type ReflectionInput, shown } from './reflection.ts'

const said = {
  why: z.string().min(3).max(2000),
  by: z.number().nullable(),
  cases: z.array(z.int()).max(100),
}
const Edit = z.union([
  z.strictObject({
    path: z.string(),
    find: z.string().min(1).max(5000),
    replace: z.string().max(5000),
    ...said,
  }),
  z.strictObject({
    path: z.string(),
    to: z.union([z.string().max(200), z.number(), z.boolean()]),
    ...said,
  }),
])
type Edit = z.infer<typeof Edit>
const Edits = z.strictObject({ edits: z.array(Edit).max(MOST_EDITS) })

/** Changes that an answer holds, in its order, and what of it could not be read. */
export function editsOf(
  answer: Pick<ModelAnswer, 'content'> & { readonly cut?: true },
  { fields, target, rejections }: ReflectionInput,
  { cases }: Reflection,
): { readonly changes: ProposedChange[]; readonly unread: Unread[] } {
  const skipped = (reason: string) => ({ changes: [], unread: [{ paths: [], reason }] })
  if (answer.cut) return skipped('the answer was cut at max_tokens: raise it')
  if (answer.content === null) return skipped('the model said nothing')
  const parsed = Edits.safeParse(jsonIn(answer.content))
  if (!parsed.success) return skipped(`the answer is not of the form that was asked for: ${firstProblem(parsed.error)}`)
  const seen = new Map<string, string>(
    fields.flatMap(({ path, baseline }) =>
      typeof baseline === 'string' ? [[wordsOf(path, baseline), 'what is in force'] as const] : [],
    ),
  )
  for (const { patches } of rejections)
    for (const patch of patches)
      for (const [path, { to }] of Object.entries(patch))
        if (typeof to === 'string') seen.set(wordsOf(path, to), 'a change that was rejected')
  const changes: ProposedChange[] = []
  const unread: Unread[] = []
  for (const edit of parsed.data.edits) {
    const made = valueAfter(edit, fields)
    const leave = (reason: string) => unread.push({ paths: [edit.path.slice(0, 200)], reason })
    if ('problem' in made) {
      leave(made.problem)
      continue
    }
    const words = typeof made.to === 'string' ? wordsOf(edit.path, made.to) : null
    const same = words === null ? undefined : seen.get(words)
    if (same !== undefined) {
      leave(`its words are those of ${same}`)
      continue
    }
    if (words !== null) seen.set(words, 'an edit before it')
    const named = edit.cases.map((n) => cases[n - 1]).filter((id) => id !== undefined)
    changes.push({
      patch: { [edit.path]: made.to },
      rationale: edit.why,
      prediction: { metric: target.metric, by: edit.by, cases: named.length === 0 ? null : [...new Set(named)] },
    })
  }
  return { changes, unread }
}

/** The value that an edit leaves, or why it leaves none. Bounds are not its business. */
function valueAfter(
  edit: Edit,
  fields: readonly TunableField[],
): { to: string | number | boolean } | { problem: string } {
  const field = fields.find(({ path }) => path === edit.path)
  if (!field) return { problem: 'there is no such setting that may change' }
  const isText = field.surface.layer === 'prompt'
  if (isText !== 'find' in edit)
    return { problem: isText ? 'a text changes by find and replace' : 'a value changes by "to", and it is no text' }
  if (!('find' in edit)) return { to: edit.to }
  const text = String(field.baseline)
  const at = text.indexOf(edit.find)
  if (at < 0) return { problem: `"${shown(edit.find)}" does not stand in the text` }
  if (text.indexOf(edit.find, at + 1) >= 0)
    return { problem: `"${shown(edit.find)}" stands in the text more than once` }
  return { to: text.slice(0, at) + edit.replace + text.slice(at + edit.find.length) }
}

/** JSON that is all of an answer, or all of the one fenced block that an answer is; undefined: there is none. */
function jsonIn(content: string): unknown {
  const fenced = /^```(?:json)?\s*\n([\s\S]*)\n```$/.exec(content.trim())
  try {
    return JSON.parse(fenced?.[1] ?? content)
  } catch {
    return undefined
  }
}

function firstProblem(error: z.core.$ZodError): string {
  const [issue] = error.issues
  return issue === undefined || issue.path.length === 0 ? 'no such JSON' : `${issue.path.join('.')}: ${issue.message}`
}

/** Words of a text at a path: two that differ in case, spaces and punctuation alone say the same. */
const wordsOf = (path: string, text: string): string =>
  `${path} ${(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).join(' ')}`
