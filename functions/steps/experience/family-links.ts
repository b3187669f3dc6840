/**
 * Families that are one: a run of one is a copy of a run of the other. Stored runs keep the family that they were recorded
 * for; on each side of a store links say for which one they count, and only ever more of them are added.
 */
import { familyHash, type IndexLine } from '#core/experience/index-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch } from '../../ports.ts'
import { addSegments, segmentValues } from './segments.ts'

/** One family, by its hash, counts for another one. A family stands in one link at most. */
export interface FamilyLink {
  readonly family: string
  readonly joins: string
  /** In the vault: the other one is on the search side, so that neither can be sealed any more. */
  readonly burned?: true
}

/** Adds links to one side. */
export const addLinks = (
  objects: ObjectStore,
  intent: string,
  links: AsyncIterable<FamilyLink> | Iterable<FamilyLink>,
): Promise<void> => addSegments(objects, links, (digest) => keys.familyLinkSegment(intent, digest))

/** Links of an intent on one side. They lie in the scratch that is handed in, not in memory. */
export class FamilyLinks {
  readonly #aside: Scratch

  private constructor(aside: Scratch) {
    this.#aside = aside
  }

  static async read(objects: ObjectStore, intent: string, aside: Scratch): Promise<FamilyLinks> {
    for await (const link of segmentValues<FamilyLink>(objects, keys.familyLinks(intent))) {
      const known = aside.get(`link ${link.family}`)
      // Of two lines of one family, written by a killed import and the one after it, either says the same but for the burn.
      if (known === null || link.burned) aside.set(`link ${link.family}`, JSON.stringify(link))
    }
    return new FamilyLinks(aside)
  }

  /** The line as it counts: under the family that its own one joined. */
  resolved(line: IndexLine): IndexLine {
    const root = this.#rootOf(line.family)
    return root === null ? line : { ...line, family: familyHash(root), joined: root }
  }

  /** Families, as they count, of which any member is burned or `without`: all of what they hold is left out with it. */
  leftOut(without: (family: string) => boolean): (family: string) => boolean {
    const out = new Set<string>()
    for (const [key, text] of this.#aside.entries('link ')) {
      const { burned } = JSON.parse(text) as FamilyLink
      const family = key.slice('link '.length)
      if (burned || without(family)) out.add(familyHash(this.#rootOf(family)!))
    }
    return (family) => out.has(family) || without(family)
  }

  /** Families that are linked with the other side, under their own hash and under the one that they count for. */
  *burned(): Generator<string> {
    for (const [key, text] of this.#aside.entries('link ')) {
      if (!(JSON.parse(text) as FamilyLink).burned) continue
      const family = key.slice('link '.length)
      yield family
      yield familyHash(this.#rootOf(family)!)
    }
  }

  /** Name of the family that a family joined in the end; null: it joined none. */
  #rootOf(family: string): string | null {
    return rootOf((of) => {
      const link = this.#aside.get(`link ${of}`)
      return link === null ? undefined : (JSON.parse(link) as FamilyLink).joins
    }, family)
  }
}

/**
 * Name of the family that a family (hashed) joined in the end; null: it joined none.
 * @param joined name of the family that a family joined itself
 */
export function rootOf(joined: (family: string) => string | undefined, family: string): string | null {
  let root: string | null = null
  const passed = new Set<string>()
  for (let at = family; !passed.has(at); at = familyHash(root)) {
    const joins = joined(at)
    if (joins === undefined) break
    passed.add(at)
    root = joins
  }
  return root
}
