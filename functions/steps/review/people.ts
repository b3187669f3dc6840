/** Seats by a file of reviewers: where there is one, no other id is taken, and nobody decides as what they are not named for. */
import { personKey } from '#schemas/person.ts'
import type { Reviewers } from '#schemas/reviewers.ts'
import { UserError } from '../../errors.ts'
import type { OpenRequest } from './opening.ts'

type Seat = OpenRequest['seats'][number]

/** Of what proposal seats are filled. */
interface Asked {
  readonly required: readonly string[]
  readonly owner: string
  /** Who made it, beside the owner; absent: the owner did. */
  readonly producer?: string
  /** Who was named for which role; empty: everybody whom the file names for it, but the owner. */
  readonly wanted: readonly Seat[]
  /** Where the people stand, for messages. */
  readonly file: string
}

/** Throws UserError for somebody who is not in the file, not for that role, or owns the proposal by any of their ids. */
export function seatsOf({ reviewers }: Reviewers, { required, owner, producer, wanted, file }: Asked): Seat[] {
  const keysOf = ({ id, aliases = [] }: Reviewers['reviewers'][number]) => [id, ...aliases].map(personKey)
  const owns = (one: Reviewers['reviewers'][number]): boolean =>
    [owner, producer ?? owner].some((id) => [...keysOf(one), personKey(one.name)].includes(personKey(id)))
  if (wanted.length === 0)
    return required.flatMap((role) =>
      reviewers
        .filter((one) => one.roles.includes(role) && !owns(one))
        .map(({ id, name }) => ({ role, reviewer: id, name })),
    )
  return wanted.map(({ role, reviewer }) => {
    const one = reviewers.find((known) => keysOf(known).includes(personKey(reviewer)))
    if (!one)
      throw new UserError(`"${reviewer}" is not in the file of reviewers, ${file}: it names ${idsOf(reviewers)}`)
    if (!one.roles.includes(role))
      throw new UserError(
        `the file of reviewers, ${file}, names ${one.id} as ${one.roles.join(', ')}, not as "${role}": for that it names ${idsOf(reviewers.filter((r) => r.roles.includes(role))) || 'nobody'}`,
      )
    if (owns(one)) throw new UserError(`${one.id} owns the proposal (as ${owner}) and cannot review it`)
    return { role, reviewer: one.id, name: one.name }
  })
}

const idsOf = (reviewers: Reviewers['reviewers']): string => reviewers.map(({ id }) => id).join(', ')
