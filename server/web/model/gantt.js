// Days on a line.

/** Marks on the line, about so many. */
const TICKS = 8

/** A scale for the days of some rows on `width` units: `x(day)`, and the days that are marked. Days come from anybody, however large. */
export function scale(rows, width) {
  const days = rows.flatMap(row => [row.earliest_start, row.earliest_end ?? row.earliest_start])
  const from = Math.min(0, ...days)
  const to = Math.max(from + 1, ...days)
  const rough = (to - from) / TICKS
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(
    1,
    [1, 2, 5, 10].map(factor => factor * unit).find(one => one >= rough)
  )
  const ticks = []
  for (let day = Math.ceil(from / step) * step; day <= to && ticks.length < 3 * TICKS; day += step) ticks.push(day)
  return { x: day => ((day - from) / (to - from)) * (width - 10), ticks }
}
