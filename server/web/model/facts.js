// What is known of each point, for the outline, the filters and the margin.
import { rows } from './standing.js'

/** Of a point that the standing does not know yet. */
export const UNKNOWN = { standing: 'open', brackets: 0, cells: [] }

/** By point: `{standing, brackets, mine, merged, private, point, cells}`, as the party `me` sees it. */
export function facts(matrix, annotations, me) {
  const all = new Map()
  for (const { point, cells } of matrix ? rows(matrix) : []) {
    const own = cells.find(cell => cell.party === me)
    all.set(point.point, {
      standing: point.standing,
      brackets: point.struck ? 0 : point.open_brackets,
      mine: Boolean(own) && !point.struck && (own.stance === 'none' || own.stance === 'lapsed'),
      merged: Boolean(point.merged),
      private: false,
      cells,
      point
    })
  }
  for (const one of annotations ?? []) {
    if (one.audience === 'party' && all.has(one.point)) all.get(one.point).private = true
  }
  return all
}

/**
 * Keeps what reads the same: asked anew for a value, `keep(key, value)` answers the object from before if nothing in it has changed, so
 * that nothing is shown anew that has not moved.
 */
export function keeper() {
  const kept = new Map()
  return (key, value) => {
    const json = JSON.stringify(value)
    const before = kept.get(key)
    if (before?.json === json) return before.value
    kept.set(key, { json, value })
    return value
  }
}
