/** Held-out cases on their way into a version: laid out in pieces in the vault, and read from there in their order. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { Reproduced } from '#core/baseline/reproduce.ts'
import { sealKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import type { Store } from '../ports.ts'
import type { Unsealed } from '../steps/heldout/seal.ts'
import { readJson, streamLines } from '../streams/read-object.ts'

/** What all pieces are laid out by, and what is in them. */
export interface SealedLayout {
  readonly pins: BaselinePins
  readonly cases: number
  /** Corrections that they hold. */
  readonly corrections: number
}

type Vault = Pick<Store, 'vault'>

/** Throws UserError where it is not there. */
export async function sealedLayout({ vault }: Vault, runId: string): Promise<SealedLayout> {
  const layout = await readJson<SealedLayout>(vault, sealKeys.layout(runId))
  if (layout === null) throw new UserError('what was to be sealed is missing: start the run again')
  return layout
}

/** The cases of so many pieces, each of which is laid out. @param passing is told each sealed line, in their order */
export async function laidUnsealed(
  { vault }: Vault,
  runId: string,
  pieces: number,
  passing: (sealed: string) => unknown,
): Promise<Unsealed> {
  if (pieces === 0) return { async *cases() {}, corrections: () => 0 }
  const { cases, corrections } = await sealedLayout({ vault }, runId)
  return {
    async *cases() {
      let read = 0
      for (let piece = 0; piece < pieces; piece++) {
        const sealed = streamLines(vault, sealKeys.shard(runId, piece))
        for await (const text of streamLines(vault, sealKeys.laid(runId, piece))) {
          read++
          const one = JSON.parse(text) as Reproduced
          const line = 'measures' in one.result ? ((await sealed.next()).value as string) : null
          if (line !== null) passing(line)
          yield { ...one, sealed: line }
        }
      }
      if (read !== cases) throw new UserError('a piece of what was to be sealed is missing: start the run again')
    },
    corrections: () => corrections,
  }
}
