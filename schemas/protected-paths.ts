/** Paths that a pack protects beside the built-in invariants. Apart from the contract, so that no schema library comes along. */

/** The protected path that a path is or stands below; null: none. */
export const protectedBy = (path: string, protectedPaths: readonly string[] | undefined): string | null =>
  protectedPaths?.find((guard) => path === guard || path.startsWith(`${guard}.`)) ?? null
