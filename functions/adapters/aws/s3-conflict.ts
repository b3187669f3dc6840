/** A conditional write that S3 refuses because another one is under way (409): it asks to try again. */

/** Attempts 6, waits 50 to 800 ms, 1.6 s in all. */
const WAITS_MS = [50, 100, 200, 400, 800] as const

/** Writes, and again after a conflict. Throws what the last attempt threw. */
export async function pastConflict<T>(write: () => Promise<T>): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await write()
    } catch (error) {
      if (nameOf(error) !== 'ConditionalRequestConflict') throw error
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
  return await write()
}

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')
