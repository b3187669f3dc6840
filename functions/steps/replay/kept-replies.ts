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
  /** Draw of the model's answers, from 1. Absent: the first one. */
  readonly repeat?: number
}

/** Replies by settings and case. Each is kept as the line that it makes in the file. */
export interface KeptReplies {
  /** `once`: it was not asked twice, and gives way to one that was. `repeat`: which draw, from 0. */
  keep(
    caseId: string,
    settings: SettingsTable,
    reply: HarnessReply,
    how?: { readonly once?: boolean; readonly repeat?: number },
  ): void
  /** Throws UserError when there is none. */
  of(caseId: string, settings: SettingsTable, repeat?: number): HarnessReply
  /** The same; null: there is none. */
  find(caseId: string, settings: SettingsTable, repeat?: number): HarnessReply | null
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
  const find = (caseId: string, settings: SettingsTable, repeat = 0): HarnessReply | null => {
    const line = aside.get(keyOf(prefix, digestOfSettings(settings), caseId, repeat))
    return line === null ? null : (JSON.parse(line) as ReplyLine).reply
  }
  return {
    keep(caseId, settings, reply, { once = false, repeat = 0 } = {}) {
      const digest = digestOfSettings(settings)
      const key = keyOf(prefix, digest, caseId, repeat)
      if (once && aside.get(key) !== null) return
      aside.set(key, lineOf({ case: caseId, settings: digest, reply, ...(repeat > 0 && { repeat }) }))
    },
    of(caseId, settings, repeat) {
      const reply = find(caseId, settings, repeat)
      if (reply === null) throw new UserError(`it holds no answer to ${caseId} under the settings that are asked for`)
      return reply
    },
    find,
    *lines() {
      for (const [, line] of aside.entries(`${prefix} `)) yield line
    },
  }
}

const lineOf = (line: ReplyLine): string => canonical(line)

/** The line of one reply to a first draw. `settings`: digest of the whole table. */
export const replyText = (caseId: string, settings: string, reply: HarnessReply): string =>
  lineOf({ case: caseId, settings, reply })

/** The first draw has the key that it had before there were others. */
const keyOf = (prefix: string, settings: string, caseId: string, repeat: number): string =>
  `${prefix} ${settings} ${repeat === 0 ? '' : `draw ${repeat} `}${caseId}`

/** Replies read from the lines of a file. */
export async function readReplies(aside: Scratch, prefix: string, lines: Lines): Promise<KeptReplies> {
  for await (const line of lines) {
    const { case: caseId, settings, repeat = 0 } = JSON.parse(line) as ReplyLine
    aside.set(keyOf(prefix, settings, caseId, repeat), line)
  }
  return keptReplies(aside, prefix)
}
