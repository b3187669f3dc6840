/** Bounds of a prompt block, against edits of a bench that were written without them in view. */
import { describe, expect, test } from 'vitest'
import { judged, REVERSED, UNWRITTEN } from '../../../bench/bounds.ts'

describe('edits that were written without knowledge of the bounds', () => {
  test('are refused where they disguise something, of any kind', () => {
    const passed = judged('adversarial', 4).filter(
      ({ kind, refused }) => !refused && !UNWRITTEN.test(kind) && !REVERSED.test(kind),
    )
    expect(passed).toEqual([])
  })

  test('pass where a support team would make them', () => {
    const all = judged('benign', 4)
    const refused = all.filter((one) => one.refused)
    // The bench holds the whole set to one in a hundred; of a quarter of it chance may bring twice as many.
    expect([refused.length <= all.length / 50, refused]).toEqual([true, refused])
  })
})
