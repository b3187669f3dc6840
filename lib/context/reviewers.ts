/** Who reviews: the context value `reviewers` names a file with roles, addresses and the sender. Without it there is no desk. */
import { existsSync, readFileSync } from 'node:fs'
import type { Node } from 'constructs'
import { ReviewDeskConfig } from '#schemas/reviewers.ts'
import type { TuningTarget } from '#schemas/target.ts'

/**
 * The desk's configuration; null without the context value. Throws RangeError for a file that is missing or wrong, naming
 * the field, and for a registered target that requires a role for which nobody is named.
 */
export function reviewersOf(node: Node, targets: Readonly<Record<string, TuningTarget>>): ReviewDeskConfig | null {
  const file = node.tryGetContext('reviewers') as unknown
  if (file === undefined) return null
  if (typeof file !== 'string' || !existsSync(file))
    throw new RangeError(`context value "reviewers" is ${JSON.stringify(file)}; it names a file of reviewers by role`)
  const parsed = ReviewDeskConfig.safeParse(jsonOf(file))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new RangeError(`${file}: ${issue.path.join('.') || 'document'}: ${issue.message}`)
  }
  for (const [name, { release_path, owner }] of Object.entries(targets))
    for (const role of release_path?.requires_reviewers ?? [])
      if (!parsed.data.roles[role]?.some((reviewer) => reviewer !== owner))
        throw new RangeError(
          `${file}: target ${name} requires a reviewer as "${role}", and nobody but its owner is named for it`,
        )
  return parsed.data
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new RangeError(`${file} is no JSON: ${(error as Error).message}`)
  }
}
