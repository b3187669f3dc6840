/** What an import replaces before anything is stored: rules by identifier, by pattern and by path. */
import * as z from 'zod'

/** Identifiers that are known without a pattern. */
export const IDENTIFIERS = ['email', 'phone', 'iban', 'card', 'ip'] as const
/** One of them. */
export type Identifier = (typeof IDENTIFIERS)[number]

const RuleName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}$/,
    'a rule has a name of 1-40 lower-case letters, digits and "-": its pseudonyms bear it',
  )

const Pattern = z
  .string()
  .min(1)
  .max(2000)
  .superRefine((pattern, ctx) => {
    const problem = problemOf(pattern)
    if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
  })

function problemOf(pattern: string): string | null {
  try {
    return new RegExp(pattern, 'u').test('') ? 'it matches the empty text, so it would match everywhere' : null
  } catch (error) {
    return `it is no regular expression of JavaScript (flag "u"): ${(error as Error).message}`
  }
}

/** What is replaced, by a name that its pseudonyms bear. */
const RedactionRule = z
  .strictObject({
    name: RuleName,
    identifier: z
      .enum(IDENTIFIERS)
      .optional()
      .meta({ description: 'A common identifier; numbers with their checksum.' }),
    pattern: Pattern.optional().meta({ description: 'Regular expression of JavaScript, flags "gu".' }),
    paths: z.array(z.string().min(1).max(300)).min(1).optional().meta({
      description:
        'Only below these paths; with neither identifier nor pattern whole values there. A path fits at and below every value whose own path, list positions left out, holds these words in a row: customer.name',
    }),
  })
  .superRefine(({ identifier, pattern, paths }, ctx) => {
    if (identifier !== undefined && pattern !== undefined)
      ctx.addIssue({
        code: 'custom',
        path: ['pattern'],
        message: 'a rule has an identifier or a pattern: make it two rules',
      })
    if (identifier === undefined && pattern === undefined && paths === undefined)
      ctx.addIssue({ code: 'custom', message: 'a rule needs an identifier, a pattern or paths' })
  })
/** What is replaced, under a name that its pseudonyms bear. */
export type RedactionRule = z.infer<typeof RedactionRule>

/** A file of `import --redact`. */
export const RedactionRules = z.strictObject({
  $schema: z.string().optional(),
  rules: z
    .array(RedactionRule)
    .min(1)
    .max(200)
    .superRefine((rules, ctx) => {
      for (const [i, { name }] of rules.entries())
        if (rules.findIndex((rule) => rule.name === name) < i)
          ctx.addIssue({
            code: 'custom',
            path: [i, 'name'],
            message: `two rules are named "${name}": each has its own`,
          })
    }),
})
export type RedactionRules = z.infer<typeof RedactionRules>
