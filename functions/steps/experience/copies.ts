/**
 * Copies among the runs of an import, and of runs that earlier imports stored. Two families of which one holds a copy of a
 * run of the other are one family, on the side of the first. What is known of contents lies under ingest's own prefix,
 * named under the split's key: a table of what is sealed that others could read would tell them what is in it.
 */
import { nameContent } from '#core/experience/content.ts'
import { familyHash } from '#core/experience/index-line.ts'
import type { RunFacts } from '#core/experience/prepared-run.ts'
import { mac } from '#core/mac.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { NearCopies as NearCopiesFound } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { ObjectStore, Scratch } from '../../ports.ts'
import { streamLines } from '../../streams/read-object.ts'
import type { FamilyLink } from './family-links.ts'
import { NearCopies } from './near-copies.ts'
import { addSegments } from './segments.ts'
import type { Side } from './side.ts'

/** The first run of a content, in the table. */
interface StoredContent {
  readonly content: string
  /** Hash of the run. */
  readonly run: string
  /** Name of its family, hidden under its content. */
  readonly family: string
  readonly side: Side
}

/** The same in this import. `side` is null for one that no earlier import stored: then its first family is named by hash. */
type Content = Omit<StoredContent, 'content' | 'side'> & {
  readonly side: Side | null
  readonly first?: string
  /** Side of that family where it joins no other. */
  readonly alone?: Side
}

/** A link as ingest remembers it: by hashes. */
interface StoredLink {
  readonly family: string
  readonly joins: string
}

/** A link that this import found. `joins` is a name: whoever counts families on that side reads it. */
interface FoundLink {
  readonly joins: string
  readonly root: string
  /** The family was stored in the vault, and what it joins on the search side. */
  readonly sealed: boolean
}

/** Pairs of near copies that are kept for an example. */
const MOST_PAIRS = 100

/** Which sides hold stored runs of a family: none, the search, the vault, or both (linked late). */
type Sides = '' | 's' | 'h' | 'hs'
const both = (a: string, b: string): Sides => [...new Set(a + b)].sort().join('') as Sides

/** Side on which an earlier import stored a family, by its name; null: none did. */
type StoredOn = (intent: string, family: string) => Promise<Side | null>

/** Where a family's runs go, and which of the families it is one with counts for it. */
export interface Place {
  readonly family: string
  readonly side: Side
}

/**
 * Union of families over their copies. In the scratch `content INTENT KEY` holds the first run of a content, `met INTENT
 * FAMILY` where the runs of a family lie, `up INTENT FAMILY` the family that one joined, and `home INTENT FAMILY` where the runs
 * of a class of several lie.
 */
export class Copies {
  /** Runs whose content another run had before. */
  runs = 0
  /** Different contents among them. */
  contents = 0
  /** Sealed families that are now linked with the search side: they can never be asked. */
  burned = 0
  /** Runs that are like one of another family, without being its copy. */
  near = 0
  /** By intent, of runs that no earlier import stored: how many there are, and which are like one of another family. */
  readonly #new = new Map<string, { of: number; readonly near: string[] }>()
  /** Pairs of such runs by their ids, of this import: the first few. */
  readonly #pairs: {
    readonly intent: string
    readonly families: readonly string[]
    readonly runs: [string, string]
  }[] = []
  readonly #near: NearCopies
  readonly #joinNear: boolean
  readonly #objects: ObjectStore
  readonly #aside: Scratch
  readonly #splitKey: string
  readonly #storedOn: StoredOn
  readonly #intents = new Set<string>()
  /** Intents in which some family joined another one: in the others each family is its own class, and nothing is looked up. */
  readonly #joined = new Set<string>()

  constructor(
    objects: ObjectStore,
    aside: Scratch,
    { splitKey, storedOn, joinNear }: { splitKey: string; storedOn: StoredOn; joinNear: boolean },
  ) {
    this.#near = new NearCopies(objects, aside, splitKey)
    this.#joinNear = joinNear
    this.#objects = objects
    this.#aside = aside
    this.#splitKey = splitKey
    this.#storedOn = storedOn
  }

  /** Notes the family of a run of which no content is looked at. `own`: its side were it alone. */
  async meet({ intent, family }: RunFacts, own: Side): Promise<void> {
    await this.#meet(intent, family, own)
  }

  /** Notes a run. `own`: side of its family were it alone. `read`: the run itself, to learn of which family its content is. `isNew`: no
   * earlier import stored it. */
  async note(facts: RunFacts, own: Side, read: () => ExperienceRun, isNew = true): Promise<void> {
    if (isNew) this.#newOf(facts.intent).of++
    const { intent, family, line, content } = facts
    const hashed = facts.names.run
    const at = `content ${intent} ${content.key}`
    const first = JSON.parse(this.#aside.get(at) ?? 'null') as Content | null
    const alone = sideOfHome(await this.#meet(intent, family, own, first?.side !== 'heldout'))
    if (first === null) {
      const noted: Content = { run: hashed, family: content.hidden, side: null, first: line.family, alone }
      this.#aside.set(at, JSON.stringify(noted))
      await this.#noteNear(facts, own, alone, isNew)
      return
    }
    if (first.run === hashed) return
    this.runs++
    if (this.#aside.get(`copied ${intent} ${content.key}`) === null) this.contents++
    this.#aside.set(`copied ${intent} ${content.key}`, '')
    const before = nameContent(this.#splitKey, read()).reveal(first.family)
    await this.#meet(intent, before, first.side ?? own)
    this.#join(intent, family, before)
  }

  /** Looks for a run that this one is like. Joined or not: a copy has been told of already. */
  async #noteNear(facts: RunFacts, own: Side, alone: Side, isNew: boolean): Promise<void> {
    const { intent, family, line } = facts
    const alike = this.#near.note(facts, alone)
    if (alike === null) return
    const families = [line.family, familyHash(alike.family)]
    if (this.#rootOf(intent, families[0]!) === this.#rootOf(intent, families[1]!)) return
    this.near++
    if (isNew) this.#newOf(intent).near.push(facts.names.run)
    if (alike.run_id !== null && this.#pairs.length < MOST_PAIRS)
      this.#pairs.push({ intent, families, runs: [alike.run_id, line.run_id] })
    if (!this.#joinNear) return
    await this.#meet(intent, alike.family, alike.side ?? own)
    this.#join(intent, family, alike.family)
  }

  /** What is new and was not joined, by intent, under a code that only who holds the split's key can make. */
  *newNearCopies(): Generator<{ readonly intent: string; readonly found: NearCopiesFound; readonly code: string }> {
    if (this.#joinNear) return
    const codeOf = mac(this.#splitKey)
    for (const [intent, { of, near }] of this.#new)
      if (near.length > 0)
        yield { intent, found: { runs: near.length, of }, code: codeOf(`near copies\u0000${near.sort().join(' ')}`) }
  }

  #newOf(intent: string): { of: number; readonly near: string[] } {
    const known = this.#new.get(intent) ?? { of: 0, near: [] }
    this.#new.set(intent, known)
    return known
  }

  /** Two runs that are alike, both on the search side; null: none of this import. */
  nearExample(): readonly [string, string] | null {
    const isOpen = (intent: string) => (family: string) => this.#sideOf(intent, family) === 'search'
    return this.#pairs.find(({ intent, families }) => families.every(isOpen(intent)))?.runs ?? null
  }

  /** Side of a family of this import, but for what copies of sealed runs it holds. `alone`: the one where it joins no other. */
  #sideOf(intent: string, family: string, alone: Side | null = null): Side {
    if (alone !== null && !this.#joined.has(intent)) return alone
    return sideOfHome(this.#home(intent, this.#rootOf(intent, family))!)
  }

  /** Has this family been linked with another one? Then the side of the class is its side, whatever its own split says. */
  isLinked(intent: string, family: string): boolean {
    if (!this.#joined.has(intent)) return false
    return this.#aside.get(`linked ${intent} ${this.#rootOf(intent, familyHash(family))}`) !== null
  }

  /** Where a run goes, once every run of the import is noted. */
  placeOf({ intent, line, content }: RunFacts): Place {
    const family = this.#rootOf(intent, line.family)
    const home = this.#home(intent, family)!
    if (home.sides !== 'hs') return { family, side: sideOfHome(home) }
    // What is sealed stays sealed, also where it can no longer be asked.
    const first = JSON.parse(this.#aside.get(`content ${intent} ${content.key}`) ?? 'null') as Content | null
    return { family, side: first?.side ?? 'search' }
  }

  /** Reads what earlier imports know of an intent. */
  async learn(intent: string): Promise<void> {
    if (this.#intents.has(intent)) return
    this.#intents.add(intent)
    await this.#near.learn(intent)
    for await (const key of this.#objects.list(keys.contents(intent)))
      for await (const text of streamLines(this.#objects, key)) {
        const { content, ...first } = JSON.parse(text) as StoredContent
        this.#aside.set(`content ${intent} ${content}`, JSON.stringify(first))
      }
    for await (const key of this.#objects.list(keys.journalLinks(intent)))
      for await (const text of streamLines(this.#objects, key)) {
        const { family, joins } = JSON.parse(text) as StoredLink
        this.#joined.add(intent)
        this.#aside.set(`up ${intent} ${family}`, joins)
        this.#aside.set(`linked ${intent} ${this.#rootOf(intent, family)}`, '')
      }
  }

  /** Keeps the contents that are new, with the side to which each first run goes. */
  async keepContents(): Promise<void> {
    await this.#near.keep((intent, family, alone) => this.#sideOf(intent, family, alone))
    for (const intent of this.#intents)
      await addSegments(this.#objects, this.#newContents(intent), (digest) => keys.contentSegment(intent, digest))
  }

  /** Keeps the links that are new, for ingest itself. While they are not kept, the same import finds them again. */
  async keepLinks(): Promise<void> {
    for (const intent of this.#intents)
      await addSegments(this.#objects, this.#newLinks(intent), (digest) => keys.journalLinkSegment(intent, digest))
  }

  get intents(): ReadonlySet<string> {
    return this.#intents
  }

  /** Links that one side must know to count its families. */
  *linksOf(intent: string, side: Side): Generator<FamilyLink> {
    for (const [family, { joins, root, sealed }] of this.#found(intent)) {
      const { sides, own, search } = this.#home(intent, this.#rootOf(intent, root))!
      const home: Sides = sides === '' ? (own === 'search' ? 's' : 'h') : sides
      // The search side is told of its own families only.
      if (side === 'search' && home === 's') yield { family, joins }
      if (side === 'search' && home === 'hs' && !sealed && !this.#comesToSearch(intent, family))
        yield { family, joins: search! }
      if (side === 'heldout' && home === 'h') yield { family, joins }
      if (side === 'heldout' && home === 'hs') yield { family, joins, burned: true }
    }
    if (side === 'search') yield* this.#comingToSearch(intent)
  }

  /** Families of classes on both sides of which the search side sees its first run now. */
  *#comingToSearch(intent: string): Generator<FamilyLink> {
    if (!this.#joined.has(intent)) return
    const prefix = `met ${intent} `
    for (const [key, text] of this.#aside.entries(prefix)) {
      if (!comesToSearch(JSON.parse(text) as Met)) continue
      const family = key.slice(prefix.length)
      const { sides, search } = this.#home(intent, this.#rootOf(intent, family))!
      if (sides === 'hs') yield { family, joins: search! }
    }
  }

  #comesToSearch(intent: string, family: string): boolean {
    const met = this.#met(intent, family)
    return met !== null && comesToSearch(met)
  }

  *#newContents(intent: string): Generator<StoredContent> {
    const prefix = `content ${intent} `
    for (const [key, text] of this.#aside.entries(prefix)) {
      const { first, alone, ...content } = JSON.parse(text) as Content
      if (first === undefined) continue
      yield { ...content, content: key.slice(prefix.length), side: this.#sideOf(intent, first, alone) }
    }
  }

  *#newLinks(intent: string): Generator<StoredLink> {
    for (const [family, { joins }] of this.#found(intent)) yield { family, joins: familyHash(joins) }
  }

  *#found(intent: string): Generator<readonly [family: string, link: FoundLink]> {
    const prefix = `found ${intent} `
    for (const [key, text] of this.#aside.entries(prefix)) yield [key.slice(prefix.length), JSON.parse(text)]
  }

  /** A family whose name is at hand: where its members lie, which its class knows from now on. `isOpen`: it has a run that may be read. */
  async #meet(intent: string, name: string, own: Side, isOpen = false): Promise<Met> {
    const family = familyHash(name)
    const known = this.#met(intent, family)
    if (known !== null && (known.isOpen || !isOpen)) return known
    const stored = known === null ? await this.#storedOn(intent, name) : null
    const met: Met = known
      ? { ...known, isOpen }
      : {
          sides: stored === null ? '' : stored === 'search' ? 's' : 'h',
          own,
          search: stored === 'search' ? name : null,
          isOpen,
        }
    this.#aside.set(`met ${intent} ${family}`, JSON.stringify(met))
    if (known !== null || !this.#joined.has(intent)) return met
    const root = this.#rootOf(intent, family)
    const home = this.#home(intent, root)
    this.#settle(intent, root, {
      sides: both(home?.sides ?? '', met.sides),
      own: home?.own ?? own,
      search: home?.search ?? met.search,
    })
    return met
  }

  /** Makes one class of two: the one that is not stored, or not on the search side, joins the other. */
  #join(intent: string, name: string, before: string): void {
    const [mine, first] = [name, before].map((n) => this.#rootOf(intent, familyHash(n))) as [string, string]
    if (mine === first) return
    const [my, its] = [this.#home(intent, mine)!, this.#home(intent, first)!]
    const rank = (home: Home): number => (home.search !== null ? 2 : home.sides === '' ? 0 : 1)
    const swapped = rank(my) > rank(its)
    const [child, root, joins] = swapped ? [first, mine, name] : [mine, first, before]
    const [childHome, rootHome] = swapped ? [its, my] : [my, its]
    const sealed = childHome.sides === 'h' && rootHome.search !== null
    if (sealed) this.burned++
    this.#joined.add(intent)
    this.#aside.set(`up ${intent} ${child}`, root)
    this.#aside.set(`linked ${intent} ${root}`, '')
    this.#aside.set(`found ${intent} ${child}`, JSON.stringify({ joins, root, sealed } satisfies FoundLink))
    this.#settle(intent, root, {
      sides: both(childHome.sides, rootHome.sides),
      own: rootHome.own,
      search: rootHome.search ?? childHome.search,
    })
  }

  #met(intent: string, family: string): Met | null {
    return JSON.parse(this.#aside.get(`met ${intent} ${family}`) ?? 'null') as Met | null
  }

  #home(intent: string, root: string): Home | null {
    const settled = this.#joined.has(intent) ? this.#aside.get(`home ${intent} ${root}`) : null
    return settled === null ? this.#met(intent, root) : (JSON.parse(settled) as Home)
  }

  #settle(intent: string, root: string, home: Home): void {
    this.#aside.set(`home ${intent} ${root}`, JSON.stringify(home))
  }

  #rootOf(intent: string, family: string): string {
    if (!this.#joined.has(intent)) return family
    const passed = new Set<string>()
    for (let at = family; ; ) {
      const up = this.#aside.get(`up ${intent} ${at}`)
      if (up === null || passed.has(at)) return at
      passed.add(at)
      at = up
    }
  }
}

interface Home {
  readonly sides: Sides
  /** Side of the first family of the class were it alone: that of a class of which nothing is stored. */
  readonly own: Side
  /** Name of a member that is stored on the search side. */
  readonly search: string | null
}

/** The same of one family, before it joins another one. `sides` is not both. */
interface Met extends Home {
  /** Has it a run in this import that is no copy of a sealed one? */
  readonly isOpen: boolean
}

const sideOfHome = ({ sides, own }: Home): Side => (sides === '' ? own : sides === 'h' ? 'heldout' : 'search')

/** Does the search side see its first run now? */
const comesToSearch = ({ isOpen, sides }: Met): boolean => isOpen && sides !== 's'
