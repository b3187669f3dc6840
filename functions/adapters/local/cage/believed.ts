/** What a process that is not trusted says: never deeper than what works on it can go, and held to a shape before a word of it is believed. */
import type * as z from 'zod'
import { shapeProblem } from '../../../streams/json-shape.ts'

/**
 * A line of JSON as what a contract makes of it; null: it is none, nests too deep, or has another shape.
 * @param levels deepest nesting. @default 100
 */
export function believed<T>(contract: z.ZodType<T>, line: Buffer, levels?: number): T | null {
  const text = line.toString()
  if (shapeProblem(text, levels === undefined ? {} : { levels }) !== null) return null
  try {
    return contract.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
