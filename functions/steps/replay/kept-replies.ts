/** What a harness answered on the search side, by settings and case: kept while a run asks, and held against the harness by `verify`. */
import { canonical, digestOf } from '#core/canonical.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import type { SettingsTable } from '#schemas/common.ts'
import { UserError } from '../../errors.ts'
import type { Lines, Scratch } from '../../ports.ts'

/** Line of `harness-replies.jsonl`; `settings`: digest of the whole settings table. */
interface ReplyLine {
  readonly case: string
  readonly settings: string
  readonly reply: HarnessReply
}

/** Replies by settings and case. Each is kept as the line that it makes in the file. */
export interface KeptReplies {
  /** `once`: it was not asked twice, and gives way to one that was. */
  keep(caseId: string, settings: SettingsTable, reply: HarnessReply, once: boolean): void
  /** Throws UserError when there is none. */
  of(caseId: string, settings: SettingsTable): HarnessReply
  /** In the order of settings and case, whatever the order in which they were asked. */
  lines(): Iterable<string>
}

/** Replies put aside under a prefix that is theirs alone. */
export function keptReplies(aside: Scratch, prefix: string): KeptReplies {
  const digests = new WeakMap<SettingsTable, string>()
  const digestOfSettings = (settings: SettingsTable): string => {
    let digest = digests.get(settings)
    if (digest === undefined) {
      digest = digestOf(settings)
      digests.set(settings, digest)
    }
    return digest
  }
  const keyOf = (caseId: string, settings: string) => `${prefix} ${settings} ${caseId}`
  return {
    keep(caseId, settings, reply, once) {
      const digest = digestOfSettings(settings)
      const key = keyOf(caseId, digest)
      if (once && aside.get(key) !== null) return
      aside.set(key, canonical({ case: caseId, settings: digest, reply } satisfies ReplyLine))
    },
    of(caseId, settings) {
      const line = aside.get(keyOf(caseId, digestOfSettings(settings)))
      if (line === null) throw new UserError(`it holds no answer to ${caseId} under the settings that are asked for`)
      return (JSON.parse(line) as ReplyLine).reply
    },
    *lines() {
      for (const [, line] of aside.entries(`${prefix} `)) yield line
    },
  }
}

/** Replies read from the lines of a file. */
export async function readReplies(aside: Scratch, prefix: string, lines: Lines): Promise<KeptReplies> {
  for await (const line of lines) {
    const { case: caseId, settings } = JSON.parse(line) as ReplyLine
    aside.set(`${prefix} ${settings} ${caseId}`, line)
  }
  return keptReplies(aside, prefix)
}
