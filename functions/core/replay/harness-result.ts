/** What a harness returned, held to its contract. */
import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'
import { HarnessResult } from '#schemas/harness.ts'

// What does not fit stands on record, in the words of the other contracts: `zod/mini` has none of its own.
z.config(en())

/** A result, or the first fields that do not fit. */
export function harnessResult(returned: unknown): { readonly result: HarnessResult } | { readonly problem: string } {
  try {
    const { data, error } = HarnessResult.safeParse(returned)
    // As plain JSON: fields that are absent, and no value that holds itself.
    if (data) return { result: JSON.parse(JSON.stringify(data)) as HarnessResult }
    const issues = error.issues.slice(0, 3)
    return { problem: issues.map((i) => `${i.path.join('.') || 'the result'}: ${i.message}`).join('; ') }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}
