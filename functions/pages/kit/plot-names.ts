/** Names beside marks of a plot, each on the side where it covers least. */
import { html } from 'hono/html'
import type { Html } from './layout.ts'

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** A mark where it is drawn; null: it carries no name. */
interface NamedMark {
  readonly x: number
  readonly y: number
  readonly name: string | null
}

const meet = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/** A name is above, below, right or left of its mark: what meets no other mark or name and stays inside, in that order. */
export function names(marks: readonly NamedMark[], inside: Box): Html[] {
  const taken: Box[] = marks.map(({ x, y }) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 }))
  return marks.flatMap(({ x, y, name }) => {
    if (name === null) return []
    const wide = name.length * 7.6
    const places = (
      [
        [-wide / 2, -10],
        [-wide / 2, 23],
        [11, 5],
        [-11 - wide, 5],
      ] as const
    ).map(([dx, dy]) => {
      const [left, base] = [x + dx, y + dy]
      const box = { left, right: left + wide, top: base - 12, bottom: base + 3 }
      const outside =
        box.left < inside.left || box.right > inside.right || box.top < inside.top || box.bottom > inside.bottom
      return { box, base, cost: taken.filter((other) => meet(box, other)).length + (outside ? 1000 : 0) }
    })
    const { box, base } = places.reduce((best, place) => (place.cost < best.cost ? place : best))
    taken.push(box)
    const middle = ((box.left + box.right) / 2).toFixed(1)
    return [html`<text class="named" x="${middle}" y="${base.toFixed(1)}" text-anchor="middle">${name}</text>`]
  })
}
