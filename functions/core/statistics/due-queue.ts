/** What is due next: a binary heap by moment (as text, which sorts as time does), and at one moment by the order of adding, so that every reader of a log finds one order. */

interface Entry<T> {
  readonly at: string
  readonly seq: number
  readonly of: T
}

const before = <T>(a: Entry<T>, b: Entry<T>): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq)

/** A thing may be added again for an earlier moment: it then comes up twice. */
export class DueQueue<T> {
  readonly #heap: Entry<T>[] = []
  #seq = 0

  add(at: string, of: T): void {
    const heap = this.#heap
    heap.push({ at, seq: this.#seq++, of })
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!before(heap[i]!, heap[parent]!)) break
      this.#swap(i, parent)
      i = parent
    }
  }

  /** Takes the next thing that is due at a moment; null: nothing is. */
  due(moment: string): T | null {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.at > moment) return null
    const last = heap.pop()!
    if (heap.length > 0) {
      heap[0] = last
      this.#sink()
    }
    return first.of
  }

  #sink(): void {
    const heap = this.#heap
    for (let i = 0; ; ) {
      let least = i
      for (const child of [2 * i + 1, 2 * i + 2])
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child
      if (least === i) return
      this.#swap(i, least)
      i = least
    }
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a]!
    this.#heap[a] = this.#heap[b]!
    this.#heap[b] = kept
  }
}
