/** Quorum: every required role once, by distinct people, never by the proposal's owner. */
import { personKey, samePerson } from '#schemas/person.ts'
import type { Review, ReviewSeat } from '#schemas/review.ts'

/** The version of this program that introduced the rules by which spellings are one person, as they stand. */
export const PERSON_RULES = '0.3.0'

/** Are two ids the same person, by the rules of a review? One of before 0.3.0 knew width, case and unseen characters. */
export const samePersonIn =
  ({ person_rules }: Pick<Review, 'person_rules'>): typeof samePerson =>
  (a, b) =>
    person_rules === undefined ? plainKey(a) === plainKey(b) : samePerson(a, b)

const plainKey = (id: string): string =>
  id
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase()

/**
 * Can the seats fill the roles with distinct people? Augmenting paths over a handful of roles; Hall's condition decides
 * the same. Returns the roles that stay empty in a largest assignment, none when the quorum can be reached.
 */
export function unfillableRoles(roles: readonly string[], seats: readonly ReviewSeat[]): string[] {
  const roleOfPerson = new Map<string, string>()
  const place = (role: string, tried: Set<string>): boolean => {
    for (const seat of seats) {
      const person = personKey(seat.reviewer)
      if (seat.role !== role || tried.has(person)) continue
      tried.add(person)
      const taken = roleOfPerson.get(person)
      if (taken === undefined || place(taken, tried)) {
        roleOfPerson.set(person, role)
        return true
      }
    }
    return false
  }
  return roles.filter((role) => !place(role, new Set()))
}

/** Roles of an open review that nobody has decided yet, in declared order. */
export const rolesLeft = (review: Review): string[] =>
  review.requires.filter((role) => !review.decisions.some((d) => d.role === role))

/** Seats that may still decide: of roles that are left, by people who have not decided. A lost notice is re-sent to these. */
export const seatsLeft = (review: Review): ReviewSeat[] => {
  const roles = rolesLeft(review)
  return review.seats.filter(
    (seat) => roles.includes(seat.role) && !review.decisions.some((d) => samePerson(d.reviewer, seat.reviewer)),
  )
}
